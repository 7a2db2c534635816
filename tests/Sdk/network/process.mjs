import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const readyWithinMs = 120_000;
const stopWithinMs = 40_000;

/** One process of the server, with arguments that stay the same over its restarts. */
export class ServerProcess {
  #command;
  #logPath;
  #ops;
  #process;

  constructor({ command, logPath, ops }) {
    this.#command = command;
    this.#logPath = logPath;
    this.#ops = ops;
  }

  /** Starts the process and waits until it says that it is ready; fails when it ends or stays unready. */
  async start() {
    const log = openSync(this.#logPath, 'a');
    const [file, ...rest] = this.#command;
    // Several servers and clients start at once here: a first connection to the database may take longer than a second.
    const env = { ...process.env, Postgres__ConnectTimeoutSeconds: '5' };
    const started = spawn(file, rest, { stdio: ['ignore', log, log], env });
    closeSync(log);
    this.#process = started;
    let startError;
    started.once('error', (error) => { startError = error; });

    const deadline = Date.now() + readyWithinMs;
    while (!(await this.isReady())) {
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

  /** Whether it says now that it is ready. */
  async isReady() {
    try {
      const answer = await fetch(`${this.#ops}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  /** Fails with the first error that the process logged, if it logged one: clients come and go, and that is no error. `except` tells what else is none. */
  checkLog(except = () => false) {
    const errors = readFileSync(this.#logPath, 'utf8').split('\n').filter((line) => /^\S+ (fail|crit): /.test(line) && !except(line));
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
}
