import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Balancer } from './balancer.mjs';
import { freePorts } from './ports.mjs';
import { ServerProcess } from './process.mjs';

const sizes = { node: 3, front: 2, gateway: 2 };
const nodeKey = '11'.repeat(32);
const nodeAddress = '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'; // of that key
const payerKey = '22'.repeat(32);

/** One operator's network as a cluster: silos, fronts alone and payer gateways, each a process of its own, on one PostgreSQL database. Clients get one address for
 * all fronts, those in silos among them, and one for all payer gateways, and so are spread over them. */
export class Cluster {
  #processes = [];
  #balancers = [];

  static async create({ command, data, logPath, postgres }) {
    const cluster = new Cluster();
    mkdirSync(data, { recursive: true });
    const config = join(data, 'cluster.json');
    const [nodePort, gatewayPort] = await freePorts(2);
    cluster.node = `http://127.0.0.1:${nodePort}`;
    cluster.gateway = `http://127.0.0.1:${gatewayPort}`;
    writeFileSync(config, JSON.stringify({
      Node: { Id: 100 },
      Signer: { Key: nodeKey },
      Payer: { Key: payerKey },
      Postgres: { ConnectionString: postgres, ReaderConnections: 6, WriterConnections: 4 },
      Network: { Nodes: [{ Id: 100, Url: cluster.node, SigningAddress: nodeAddress }] },
      Rpc: { Reflection: true },
      Drain: { Delay: '00:00:00.500' },
    }));

    const servers = { node: [], front: [], gateway: [] };
    for (const [role, count] of Object.entries(sizes)) {
      for (let at = 0; at < count; at++) {
        const [port, ops, silo, client] = await freePorts(4);
        const options = [role, '--config', config, '--port', `${port}`, '--ops-port', `${ops}`];
        if (role === 'node') {
          options.push('--set', `Cluster:SiloName=silo-${at}`, 'Cluster:AdvertisedAddress=127.0.0.1', `Cluster:SiloPort=${silo}`, `Cluster:ClientPort=${client}`);
        }

        const server = new ServerProcess({
          command: [...command, ...options], logPath: logPath.replace('.log', `-${role}-${at}.log`), ops: `http://127.0.0.1:${ops}`,
        });
        cluster.#processes.push(server);
        servers[role].push({ port, process: server });
      }
    }

    cluster.#balancers = [[[...servers.node, ...servers.front], nodePort], [servers.gateway, gatewayPort]]
      .map(([behind, port]) => ({ balancer: new Balancer(behind), port, isStarted: false }));
    return cluster;
  }

  async start() {
    for (const each of this.#balancers.filter(({ isStarted }) => !isStarted)) {
      await each.balancer.start(each.port);
      each.isStarted = true;
    }

    await Promise.all(this.#processes.map((server) => server.start()));
  }

  async stop() {
    await this.#stopAll();
    for (const { balancer } of this.#balancers) { balancer.stop(); }
  }

  async kill() {
    await Promise.all(this.#processes.map((server) => server.kill()));
    for (const { balancer } of this.#balancers) { balancer.stop(); }
  }

  checkLog() {
    // Scenarios end all silos at once, and Orleans itself calls it an error that one does not answer any more.
    for (const server of this.#processes) { server.checkLog((line) => /^\S+ fail: Orleans\./.test(line)); }
  }

  /** Ends every process in the named way (`stop` or `kill`), all at once, and starts them again on the same database and ports. */
  async restart(way) {
    if (way === 'stop') { await this.#stopAll(); } else { await Promise.all(this.#processes.map((server) => server.kill())); }
    await this.start();
  }

  #stopAll() { return Promise.all(this.#processes.map((server) => server.stop())); }
}
