// curl: JSON by hand, over HTTP/1.1 and HTTP/2 by prior knowledge.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { address, assert, check, finish, query } from './check.mjs';

const run = promisify(execFile);

async function curl(path, body, ...options) {
  const { stdout } = await run('curl', [
    '--silent', '--show-error', '--noproxy', '*', '--write-out', '\n%{http_code}', '--header', 'content-type: application/json', '--data', body,
    ...options, `${address.replace(/\/$/, '')}${path}`,
  ]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
}

for (const [name, options] of Object.entries({ 'HTTP/1.1': ['--http1.1'], 'HTTP/1.1 with an offer to upgrade': ['--http2'], 'HTTP/2': ['--http2-prior-knowledge'] })) {
  await check(`${name}: answer`, async () => {
    const { status, text } = await curl('/xmtp.xmtpv4.metadata_api.MetadataApi/GetVersion', '{}', ...options);
    assert.deepEqual([status, JSON.parse(text)], [200, { version: '1.2.3' }]);
  });

  await check(`${name}: refusal`, async () => {
    const { status, text } = await curl(`/${query}/GetInboxIds`, '{"requests":[{"identifier":"busy"}]}', ...options);
    assert.deepEqual([status, JSON.parse(text).message], [503, 'come back later']);
  });
}

finish();
