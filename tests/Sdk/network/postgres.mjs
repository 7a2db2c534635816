import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from './ports.mjs';

const run = promisify(execFile);
const installed = '/usr/lib/postgresql';

/** A PostgreSQL server of our own, from the installed programs, in a folder of our own. */
export class Postgres {
  #bin;
  #owner;
  #data;
  #logPath;
  #port;
  #process;

  /** Why none can be started here; undefined when one can. */
  static missing() {
    return programs() === undefined ? `no PostgreSQL programs under ${installed}` : undefined;
  }

  constructor(logPath) {
    this.#bin = programs();
    this.#logPath = logPath;
    this.#owner = unprivilegedUser();
    this.#data = mkdtempSync(join(tmpdir(), 'xmtp-postgres-'));
    if (this.#owner.uid !== undefined) { chownSync(this.#data, this.#owner.uid, this.#owner.gid); }
  }

  async start() {
    const data = this.#data;
    await run(join(this.#bin, 'initdb'), ['-D', data, '-U', 'xmtp', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'], { ...this.#owner, cwd: '/' });

    [this.#port] = await freePorts(1);
    const log = openSync(this.#logPath, 'a');
    this.#process = spawn(
      join(this.#bin, 'postgres'),
      ['-D', data, '-p', `${this.#port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=400'],
      { ...this.#owner, cwd: '/', stdio: ['ignore', log, log] });
    closeSync(log);
    for (let attempt = 0; !(await this.#accepts()); attempt++) {
      if (attempt === 200 || this.#process.exitCode !== null) { throw new Error(`PostgreSQL did not start, see ${this.#logPath}`); }
      await delay(50);
    }
  }

  /** Makes an empty database and returns how a server connects to it. */
  async createDatabase(name) {
    await run(join(this.#bin, 'createdb'), ['-h', '127.0.0.1', '-p', `${this.#port}`, '-U', 'xmtp', name]);
    return `Host=127.0.0.1;Port=${this.#port};Username=xmtp;Database=${name}`;
  }

  async stop() {
    if (this.#process !== undefined && this.#process.exitCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGQUIT');
      await exited;
    }

    rmSync(this.#data, { recursive: true, force: true });
  }

  async #accepts() {
    try {
      await run(join(this.#bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', `${this.#port}`]);
      return true;
    } catch {
      return false;
    }
  }
}

function programs() {
  const versions = existsSync(installed) ? readdirSync(installed).map(Number).filter(Number.isFinite).sort((a, b) => b - a) : [];
  return versions.map((version) => join(installed, `${version}`, 'bin')).find((bin) => existsSync(join(bin, 'postgres')));
}

// PostgreSQL refuses to run as root.
function unprivilegedUser() {
  if (process.getuid() !== 0) { return {}; }
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
