// Runs in Node and in the page, so it uses nothing of either.

/** Fails with what was expected, what came, and where. */
export function equal(actual, expected, what) {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) { throw new Error(`${what}: expected ${right}, got ${left}`); }
}

export function truth(condition, what) {
  if (!condition) { throw new Error(`expected: ${what}`); }
}

/** Both lists hold the same items equally often, in any order; names what is missing or too much. */
export function sameItems(actual, expected, what) {
  const counts = new Map();
  for (const item of expected) { counts.set(item, (counts.get(item) ?? 0) + 1); }
  for (const item of actual) { counts.set(item, (counts.get(item) ?? 0) - 1); }
  const missing = [...counts].filter(([, count]) => count > 0).map(([item]) => item);
  const surplus = [...counts].filter(([, count]) => count < 0).map(([item]) => item);
  if (missing.length + surplus.length > 0) { throw new Error(`${what}: missing ${show(missing)}, too much ${show(surplus)}`); }
}

/** Runs `action`, expects it to fail, and returns its error's text. */
export async function fails(action, what) {
  try {
    await action();
  } catch (error) {
    return textOf(error);
  }

  throw new Error(`expected a failure: ${what}`);
}

/** Repeats `attempt` until it returns something other than undefined or false; fails when that takes too long. */
export async function eventually(attempt, what, withinMs = 15_000) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await attempt();
    if (value !== undefined && value !== false) { return value; }
    if (Date.now() > deadline) { throw new Error(`expected within ${withinMs} ms: ${what}`); }
    await pause(100);
  }
}

export function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

export function textOf(error) {
  return error instanceof Error ? error.message : String(error);
}

function show(value) {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner));
  return text !== undefined && text.length > 2_000 ? `${text.slice(0, 2_000)}… (${text.length} characters)` : `${text}`;
}
