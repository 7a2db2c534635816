import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserClient } from './clients/browser.mjs';
import { textOf } from './clients/check.mjs';
import { nodeClient } from './clients/node.mjs';
import { Cluster } from './network/cluster.mjs';
import { Operator } from './network/operator.mjs';
import { scenarios } from './scenarios/index.mjs';
import { wire } from './scenarios/wire.mjs';

// One client against one freshly started server or cluster, in a process of its own: a client that takes its process down fails here only.

const { client, cluster, only, long, command, postgres, logPath, concurrency } = JSON.parse(process.argv[2]);
const defaultSeconds = 120;

const folder = mkdtempSync(join(tmpdir(), 'xmtp-sdk-'));
const operator = await (cluster ? Cluster : Operator).create({ command, data: join(folder, 'server'), logPath, postgres });

const clients = {
  node6: () => nodeClient({ kind: 'node6', module: 'node-sdk-6', folder, operator }),
  node5: () => nodeClient({ kind: 'node5', module: 'node-sdk-5', folder, operator }),
  wire: () => nodeClient({ kind: 'node6', module: 'node-sdk-6', folder, operator }),
  browser: () => browserClient({ folder, operator }),
};

async function runOne(driver, scenario) {
  const reason = scenario.skip?.[client] ?? (scenario.long && !long ? 'takes minutes; run with --long' : undefined);
  if (reason !== undefined) {
    process.send({ name: scenario.name, outcome: 'skipped', seconds: 0, message: reason });
    return;
  }

  const limit = scenario.seconds ?? defaultSeconds;
  const started = performance.now();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected to finish within ${limit} s`)), limit * 1000);
  });
  let message;
  try {
    await Promise.race([driver.run(scenario), late]);
  } catch (error) {
    message = textOf(error);
  } finally {
    clearTimeout(timer);
  }

  const seconds = (performance.now() - started) / 1000;
  process.send({ name: scenario.name, outcome: message === undefined ? 'passed' : 'failed', seconds, message });
}

async function runAll(driver, list, width) {
  const waiting = [...list];
  await Promise.all(Array.from({ length: width }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) { await runOne(driver, next); }
  }));
}

// The runner is gone: nobody reads the results, and nobody else would end the server.
process.on('disconnect', async () => {
  await operator.kill();
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
});

// A client's background work may fail after its scenario is over, for example against a server that is being restarted.
process.on('unhandledRejection', (error) => { console.error('unhandled rejection:', error); });

let exitCode = 0;
let driver;
try {
  await operator.start();
  driver = await clients[client]();
  const chosen = (client === 'wire' ? wire : scenarios).filter((scenario) => only === undefined || scenario.name.includes(only));
  await runAll(driver, chosen.filter((scenario) => !scenario.alone), concurrency);
  await runAll(driver, chosen.filter((scenario) => scenario.alone), 1);
  await driver.close();
  await operator.stop();
  await runAll({ run: (scenario) => scenario.run() }, [{ name: 'the server logged no error', run: () => operator.checkLog() }], 1);
} catch (error) {
  process.send({ name: 'the server and the client start and stop', outcome: 'failed', seconds: 0, message: textOf(error) });
  exitCode = 1;
  await driver?.close();
  await operator.kill();
}

rmSync(folder, { recursive: true, force: true });
process.exit(exitCode); // clients without a close function keep their process alive
