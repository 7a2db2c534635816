import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const periodMs = 200;

/** One address for several servers, as a service of an orchestrator is: a new connection goes to the next server that says it is ready, and stays there. */
export class Balancer {
  #server;
  #servers;
  #ready = [];
  #next = 0;
  #connections = new Set();
  #timer;

  /** `servers`: each with its `port` and its `process`. */
  constructor(servers) {
    this.#servers = servers;
    this.#server = createServer((client) => this.#serve(client));
  }

  async start(port) {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const look = async () => {
      const ready = await Promise.all(this.#servers.map((server) => server.process.isReady()));
      this.#ready = this.#servers.filter((_, at) => ready[at]);
      this.#timer = setTimeout(look, periodMs);
      this.#timer.unref();
    };
    await look();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#server.close();
    for (const connection of this.#connections) { connection.destroy(); }
  }

  #serve(client) {
    if (this.#ready.length === 0) {
      client.destroy();
      return;
    }

    const server = connect(this.#ready[this.#next++ % this.#ready.length].port, '127.0.0.1');
    for (const [one, other] of [[client, server], [server, client]]) {
      one.setNoDelay(true);
      this.#connections.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#connections.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
