// What all client programs share: the server's address and definitions, and a report of one line per check.
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

export const [address, descriptorFile] = process.argv.slice(2);
export const descriptors = readFileSync(descriptorFile);
export const query = 'xmtp.xmtpv4.message_api.QueryApi';
export { assert };

const patience = 20_000;

/** Runs a check and reports it; a check that hangs fails. */
export async function check(name, body) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no end within ${patience} ms`)), patience); });
  try {
    await Promise.race([body(), late]);
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`not ok ${name}: ${error?.stack ?? error}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(timer);
  }
}

/** The error a promise fails with; fails when it does not fail. */
export async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}

/** The end of a program: open connections must not keep it alive. */
export const finish = () => process.exit();
