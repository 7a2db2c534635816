import { freePorts } from './ports.mjs';
import { ServerProcess } from './process.mjs';

/** One operator's network as its users start it: a node and a payer gateway in one process, with its own data and ports. */
export class Operator {
  #process;

  constructor({ command, data, logPath, ports: [node, gateway, ops], postgres }) {
    const options = ['dev', '--data', data, '--port', `${node}`, '--gateway-port', `${gateway}`, '--ops-port', `${ops}`];
    if (postgres !== undefined) { options.push('--postgres', postgres); }
    this.#process = new ServerProcess({ command: [...command, ...options], logPath, ops: `http://127.0.0.1:${ops}` });
    this.node = `http://127.0.0.1:${node}`;
    this.gateway = `http://127.0.0.1:${gateway}`;
  }

  static async create(settings) {
    return new Operator({ ...settings, ports: await freePorts(3) });
  }

  start() { return this.#process.start(); }

  stop() { return this.#process.stop(); }

  kill() { return this.#process.kill(); }

  checkLog() { this.#process.checkLog(); }

  /** Ends the process in the named way (`stop` or `kill`) and starts it again on the same data and ports. */
  async restart(way) {
    await this[way]();
    await this.start();
  }
}
