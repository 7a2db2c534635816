// buf curl: its three protocols, with definitions from a file and by reflection.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { dirname, join } from 'node:path';
import { address, assert, check, descriptorFile, failureOf, finish, query } from './check.mjs';

const run = promisify(execFile);
const buf = join(dirname(createRequire(import.meta.url).resolve('@bufbuild/buf/package.json')), 'bin', 'buf');

async function curl(path, body, ...options) {
  const { stdout } = await run(process.execPath, [buf, 'curl', ...options, '-d', JSON.stringify(body), `${address.replace(/\/$/, '')}${path}`]);
  return stdout;
}

const schema = ['--schema', `${descriptorFile}#format=binpb`];
const calls = {
  'grpc': [...schema, '--protocol', 'grpc', '--http2-prior-knowledge'],
  'grpc by reflection': ['--reflect', '--protocol', 'grpc', '--http2-prior-knowledge'],
  'grpcweb': [...schema, '--protocol', 'grpcweb'],
  'connect': [...schema, '--protocol', 'connect'],
};

await Promise.all(Object.entries(calls).map(([name, options]) => check(name, async () => {
  const answer = JSON.parse(await curl(`/${query}/GetInboxIds`, { requests: [{ identifier: 'a' }] }, ...options));
  assert.equal(answer.responses[0].inboxId, 'a');
})));

await check('stream', async () => {
  const stdout = await curl(`/${query}/SubscribeTopics`, { filters: [{ topic: 'YQ==' }] }, ...calls.connect);
  assert.match(stdout, /SUBSCRIPTION_STATUS_STARTED[\s\S]*YQ==/);
});

await check('refusal', async () => {
  const error = await failureOf(curl(`/${query}/GetInboxIds`, { requests: [{ identifier: 'busy' }] }, ...calls.connect));
  assert.equal(JSON.parse(error.stderr).code, 'unavailable');
});

finish();
