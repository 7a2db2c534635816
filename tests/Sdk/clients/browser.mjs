import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const chromiumPath = '/usr/bin/chromium';
const project = fileURLToPath(new URL('..', import.meta.url));
const sdk = join(project, 'node_modules/@xmtp/browser-sdk/dist');
const wasm = join(project, 'node_modules/@xmtp/wasm-bindings/dist/bindings_wasm_bg.wasm');

/** Why no browser can be started here; undefined when one can. */
export const browserMissing = () => (existsSync(chromiumPath) ? undefined : `no Chromium at ${chromiumPath}`);

/** Runs each scenario in a page of its own browser context, with storage and connections of its own. */
export async function browserClient({ folder, operator }) {
  await bundle(folder);
  const site = await serve(folder);
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  return {
    async run(scenario) {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        const trouble = [];
        page.on('pageerror', (error) => trouble.push(`page error: ${error.message}`));
        page.on('crash', () => trouble.push('the page crashed'));
        await page.exposeFunction('restartServer', (way) => operator.restart(way));
        await page.goto(site.url);
        await page.waitForFunction(() => globalThis.runScenario !== undefined);
        const failure = await page.evaluate(
          ([name, gateway, node]) => globalThis.runScenario(name, gateway, node), [scenario.name, operator.gateway, operator.node]);
        if (failure !== null) { throw new Error([failure, ...trouble].join('\n')); }
      } finally {
        await context.close();
      }
    },
    async close() {
      await browser.close();
      await site.close();
    },
  };
}

// The client's modules are bundled as an app would; its workers stay files of their own beside the page.
async function bundle(folder) {
  await build({
    entryPoints: { page: join(project, 'clients/page.mjs'), 'workers/client': join(sdk, 'workers/client.js'), 'workers/opfs': join(sdk, 'workers/opfs.js') },
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'chrome120',
    logLevel: 'error',
  });
}

async function serve(folder) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://page').pathname;
    // Not cached: of two workers that load the same large file at once, one would fail in Chromium's cache.
    const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp', 'cache-control': 'no-store' };
    if (path === '/') {
      response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end('<!doctype html><title>client</title><script type="module" src="/page.js"></script>');
      return;
    }

    const [file, type] = path.endsWith('.wasm') ? [wasm, 'application/wasm'] : [join(folder, path.endsWith('.js') ? path : `${path}.js`), 'text/javascript'];
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }

    response.writeHead(200, { ...headers, 'content-type': type });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
