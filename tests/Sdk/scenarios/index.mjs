import { groups } from './groups.mjs';
import { identity } from './identity.mjs';
import { messages } from './messages.mjs';
import { restarts } from './restarts.mjs';
import { streams } from './streams.mjs';

/** What every official client is put through. A scenario: `name`, `run(world)`, and where needed `alone`, `seconds`, `skip`. */
export const scenarios = [...identity, ...groups, ...messages, ...streams, ...restarts];
