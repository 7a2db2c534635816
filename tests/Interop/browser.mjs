// The official grpc-web client, and fetch as the browser SDK uses it, in Chromium on a page of another origin.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { address, assert, check, descriptors, finish, query } from './check.mjs';

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const { outputFiles } = await build({
  entryPoints: [new URL('./browser-page.mjs', import.meta.url).pathname], bundle: true, write: false, format: 'iife', globalName: 'page', logLevel: 'error',
});
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-proxy-server'] });
const tab = await browser.newPage();
const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'));
await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
await tab.goto(`http://127.0.0.1:${site.address().port}/`);
await tab.addScriptTag({ content: outputFiles[0].text });
const call = (name, ...args) => tab.evaluate(
  ([descriptorSet, server, service, method, rest]) => page.calls(descriptorSet, server, service)[method](...rest),
  [descriptors.toString('base64'), address.replace(/\/$/, ''), query, name, args]);

for (const format of ['binary', 'text']) {
  await check(`grpc-web ${format}: unary`, async () => {
    assert.deepEqual(await call('unary', format, ['a', 'b']), { inboxIds: ['a', 'b'] });
  });

  await check(`grpc-web ${format}: refusal`, async () => {
    const { code, message, headers } = await call('unary', format, ['busy']);
    assert.deepEqual([code, message], [14, 'come back later']);
    assert.ok(headers['grpc-status-details-bin']);
  });

  await check(`grpc-web ${format}: server stream`, async () => {
    assert.deepEqual(await call('stream', format, ['a', 'b']), { envelopes: ['a', 'b'], code: 0 });
  });

  await check(`grpc-web ${format}: server stream that fails`, async () => {
    assert.deepEqual(await call('stream', format, ['a', 'busy']), { envelopes: ['a'], code: 14 });
  });
}

await check('fetch: headers and the first frame come while the stream is idle', async () => {
  const { contentType, first } = await call('openIdle');
  assert.equal(contentType, 'application/grpc-web+proto');
  assert.ok(first >= 5);
});

await check('fetch: JSON', async () => {
  assert.deepEqual(await call('json', { requests: [{ identifier: 'a' }] }), { status: 200, body: { responses: [{ identifier: 'a', inboxId: 'a' }] } });
});

await browser.close();
finish();
