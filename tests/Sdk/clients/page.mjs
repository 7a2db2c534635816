import * as sdk from '@xmtp/browser-sdk';
import { scenarios } from '../scenarios/index.mjs';
import { textOf } from './check.mjs';
import { World } from './world.mjs';

/** Runs the named scenario in this page; returns the text of its failure, or null. */
globalThis.runScenario = async (name, gateway, node) => {
  const world = new World({
    kind: 'browser',
    sdk,
    gateway,
    node,
    store: { fresh: () => null, kept: () => `${crypto.randomUUID()}.db3` },
    server: { restart: globalThis.restartServer },
  });
  try {
    await scenarios.find((scenario) => scenario.name === name).run(world);
    return null;
  } catch (error) {
    return textOf(error);
  } finally {
    await world.close();
  }
};
