import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './ports.mjs';

const readyWithinMs = 120_000;
const stopWithinMs = 40_000;

/** One operator's network as its users start it: a node and a payer gateway in one process, with its own data and ports. */
export class Operator {
  #command;
  #arguments;
  #logPath;
  #ops;
  #process;

  constructor({ command, data, logPath, ports: [node, gateway, ops], postgres }) {
    this.#command = command;
    this.#logPath = logPath;
    this.#ops = `http://127.0.0.1:${ops}`;
    this.#arguments = ['dev', '--data', data, '--port', `${node}`, '--gateway-port', `${gateway}`, '--ops-port', `${ops}`];
    if (postgres !== undefined) {
      this.#arguments.push('--postgres', postgres);
    }

    this.node = `http://127.0.0.1:${node}`;
    this.gateway = `http://127.0.0.1:${gateway}`;
  }

  static async create(settings) {
    return new Operator({ ...settings, ports: await freePorts(3) });
  }

  /** Starts the process and waits until it says that it is ready; fails when it ends or stays unready. */
  async start() {
    const log = openSync(this.#logPath, 'a');
    const [file, ...first] = this.#command;
    // Several servers and clients start at once here: a first connection to the database may take longer than a second.
    const env = { ...process.env, Postgres__ConnectTimeoutSeconds: '5' };
    const started = spawn(file, [...first, ...this.#arguments], { stdio: ['ignore', log, log], env });
    closeSync(log);
    this.#process = started;
    let startError;
    started.once('error', (error) => { startError = error; });

    const deadline = Date.now() + readyWithinMs;
    while (!(await this.#ready())) {
      if (startError !== undefined) { throw startError; }
      if (started.exitCode !== null || started.signalCode !== null) {
        throw new Error(`the server ended at once (${started.signalCode ?? `exit code ${started.exitCode}`}), see ${this.#logPath}`);
      }

      if (Date.now() > deadline) { throw new Error(`the server was not ready within ${readyWithinMs} ms, see ${this.#logPath}`); }
      await delay(50);
    }
  }

  /** SIGTERM, and a wait for the end; a server that does not drain in time is killed, and that is an error. */
  async stop() {
    const code = await this.#end('SIGTERM');
    if (code !== 0) { throw new Error(`the server ended with ${code} after SIGTERM, expected exit code 0; see ${this.#logPath}`); }
  }

  /** SIGKILL: nothing in the process gets a chance to finish. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Ends the process in the named way (`stop` or `kill`) and starts it again on the same data and ports. */
  async restart(way) {
    await this[way]();
    await this.start();
  }

  /** Fails with the first error that the server logged, if it logged one: clients come and go, and that is no error. */
  checkLog() {
    const errors = readFileSync(this.#logPath, 'utf8').split('\n').filter((line) => /^\S+ (fail|crit): /.test(line));
    if (errors.length > 0) { throw new Error(`expected no error in ${this.#logPath}, found ${errors.length}, the first: ${errors[0].slice(0, 500)}`); }
  }

  async #end(signal) {
    const ending = this.#process;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) { return ending?.exitCode ?? ending?.signalCode; }
    const exited = once(ending, 'exit');
    ending.kill(signal);
    const killer = setTimeout(() => ending.kill('SIGKILL'), stopWithinMs);
    await exited;
    clearTimeout(killer);
    return ending.exitCode ?? ending.signalCode;
  }

  async #ready() {
    try {
      const answer = await fetch(`${this.#ops}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }
}
