import { fork } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { browserMissing } from './clients/browser.mjs';
import { Postgres } from './network/postgres.mjs';

const { values: options } = parseArgs({
  options: {
    store: { type: 'string', default: 'sqlite' },
    client: { type: 'string', default: 'all' },
    only: { type: 'string' },
    long: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    silo: { type: 'string' },
    results: { type: 'string' },
    lanes: { type: 'string' },
    concurrency: { type: 'string', default: '3' },
  },
});

const stores = options.cluster ? ['cluster'] : choose('store', { sqlite: ['sqlite'], postgres: ['postgres'], both: ['sqlite', 'postgres'] });
const clients = choose('client', { node6: ['node6'], node5: ['node5'], browser: ['browser'], wire: ['wire'], all: ['wire', 'node6', 'node5', 'browser'] });

function choose(name, choices) {
  const chosen = choices[options[name]];
  if (chosen === undefined) {
    console.error(`--${name} is one of ${Object.keys(choices).join(', ')}`);
    process.exit(2);
  }

  return chosen;
}

function needsPostgres(store) {
  return store !== 'sqlite';
}

const results = [];
const resultsFolder = options.results;
rmSync(resultsFolder, { recursive: true, force: true });
mkdirSync(resultsFolder, { recursive: true });

function record(result) {
  results.push(result);
  const mark = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[result.outcome];
  const reason = result.message === undefined ? '' : `\n         ${result.message.replaceAll('\n', '\n         ')}`;
  console.log(`${mark} ${result.store.padEnd(8)} ${result.client.padEnd(7)} ${result.seconds.toFixed(1).padStart(5)} s  ${result.name}${reason}`);
}

// A lane whose server or client cannot run here is skipped with its reason; where everything has to be there, that is a failure.
function recordMissing(store, client, message) {
  record({ store, client, name: 'can run here', outcome: process.env.CI === 'true' ? 'failed' : 'skipped', seconds: 0, message });
}

async function runLane({ store, client }, postgres) {
  const logPath = join(resultsFolder, `${store}-${client}-server.log`);
  const connection = needsPostgres(store) ? await postgres.createDatabase(`xmtp_${client}`) : undefined;
  const settings = {
    client, cluster: store === 'cluster', only: options.only, long: options.long, command: [options.silo], postgres: connection, logPath, concurrency: Number(options.concurrency),
  };
  const lane = fork(fileURLToPath(new URL('lane.mjs', import.meta.url)), [JSON.stringify(settings)]);
  lane.on('message', (result) => record({ store, client, ...result }));
  const [code, signal] = await new Promise((resolve) => { lane.on('exit', (...how) => resolve(how)); });
  const failed = results.some((each) => each.store === store && each.client === client && each.outcome === 'failed');
  if (code !== 0 && !failed) {
    record({ store, client, name: 'the client keeps its process alive', outcome: 'failed', seconds: 0, message: `the process ended with ${signal ?? code}` });
  }
}

const waiting = stores.flatMap((store) => clients.map((client) => ({ store, client })));
let postgres;
if (stores.some(needsPostgres)) {
  const missing = Postgres.missing();
  if (missing === undefined) {
    postgres = new Postgres(join(resultsFolder, 'postgres.log'));
    await postgres.start();
  } else {
    for (const { store, client } of takeWhere(({ store }) => needsPostgres(store))) { recordMissing(store, client, missing); }
  }
}

if (browserMissing() !== undefined) {
  for (const { store, client } of takeWhere(({ client }) => client === 'browser')) { recordMissing(store, client, browserMissing()); }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await postgres?.stop();
    process.exit(1); // lanes end with their runner
  });
}

function takeWhere(matches) {
  const taken = waiting.filter(matches);
  waiting.splice(0, waiting.length, ...waiting.filter((lane) => !matches(lane)));
  return taken;
}

await Promise.all(Array.from({ length: Number(options.lanes ?? (options.cluster ? 1 : 2)) }, async () => {
  for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) { await runLane(lane, postgres); }
}));
await postgres?.stop();

const count = (outcome) => results.filter((each) => each.outcome === outcome).length;
const summary = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
writeFileSync(join(resultsFolder, 'results.json'), `${JSON.stringify({ ...summary, scenarios: results }, null, 2)}\n`);
printTable();
if (results.length === 0) { console.error('no scenario has that name'); }
console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
process.exit(summary.failed === 0 && results.length > 0 ? 0 : 1);

function printTable() {
  const lanes = [...new Set(results.map((each) => `${each.store} ${each.client}`))];
  const names = [...new Set(results.map((each) => each.name))];
  const width = Math.max(...names.map((name) => name.length), 0);
  console.log(`\n${''.padEnd(width)}  ${lanes.join('  ')}`);
  for (const name of names) {
    const cells = lanes.map((lane) => {
      const result = results.find((each) => each.name === name && `${each.store} ${each.client}` === lane);
      const text = result === undefined ? '' : { passed: `${result.seconds.toFixed(1)} s`, failed: 'FAIL', skipped: 'skip' }[result.outcome];
      return text.padStart(lane.length);
    });
    console.log(`${name.padEnd(width)}  ${cells.join('  ')}`);
  }

  console.log();
}
