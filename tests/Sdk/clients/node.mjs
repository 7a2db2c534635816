import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { World } from './world.mjs';

/** Runs scenarios in this process with a native client; databases are files in `folder`. */
export async function nodeClient({ kind, module, folder, operator }) {
  const sdk = await import(module);
  const file = () => join(folder, `${randomUUID()}.db3`);
  return {
    async run(scenario) {
      const world = new World({
        kind,
        sdk,
        gateway: operator.gateway,
        node: operator.node,
        store: { fresh: file, kept: file },
        server: { restart: (way) => operator.restart(way) },
      });
      try {
        await scenario.run(world);
      } finally {
        await world.close();
      }
    },
    async close() {},
  };
}
