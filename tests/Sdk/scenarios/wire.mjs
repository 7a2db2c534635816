import { equal, eventually, pause, sameItems, truth } from '../clients/check.mjs';
import { clientEnvelope, contentTypes, groupMessage, methods, publishRequest, statusCodes, unwrap, Wire } from '../clients/wire.mjs';
import { joined, texts, World } from '../clients/world.mjs';

// What SDKs depend on, asked without one. Real envelopes come from a real client.

const address = '0x00000000000000000000000000000000000000ff';
const SERVING = 1;
const STARTED = 1;
const CATCHUP_COMPLETE = 2;

const topicOf = (conversation) => Buffer.from(`00${conversation.id}`, 'hex');
const randomTopic = (kind, length) => Buffer.concat([Buffer.of(kind), Buffer.from(crypto.getRandomValues(new Uint8Array(length)))]);
const statuses = (stream) => stream.frames.filter((frame) => frame.statusUpdate).map((frame) => frame.statusUpdate.status);
const envelopesOf = (stream) => stream.frames.flatMap((frame) => frame.envelopes?.envelopes ?? frame.envelopes ?? []).map(unwrap);
const position = ({ originator, sequence }) => `${originator}:${sequence}`;

async function withWires(world, action) {
  const wires = { node: new Wire(world.node), gateway: new Wire(world.gateway) };
  try {
    return await action(wires);
  } finally {
    wires.node.close();
    wires.gateway.close();
  }
}

const scenario = (name, run, settings = {}) => ({ name, run: (world) => withWires(world, (wires) => run(wires, world)), ...settings });

async function groupWithTexts(world, count) {
  const [sender, reader] = await world.clients(2);
  const group = await sender.conversations.createGroup([reader.inboxId]);
  for (let index = 0; index < count; index++) { await group.sendText(`message ${index}`); }
  return group;
}

async function publish(gateway, ...envelopes) {
  const { value, details } = await gateway.call(methods.publish, publishRequest(...envelopes));
  truth(value !== undefined, `a publish is answered, it said: ${details}`);
  return value.originatorEnvelopes.map(unwrap);
}

async function queryAll(wire, query, limit = 0) {
  const { value, code, details } = await wire.call(methods.query, { query, limit });
  if (code !== undefined) { throw new Error(`expected QueryEnvelopes to answer, got ${statusCodes[code]}: ${details}`); }
  return value.envelopes;
}

async function refused(wire, method, request, text, what) {
  const { code, details, value } = await wire.call(method, request);
  if (value !== undefined) { throw new Error(`${what}: expected INVALID_ARGUMENT, got OK`); }
  equal(statusCodes[code], 'INVALID_ARGUMENT', `${what} (${details})`);
  truth(text.test(details), `${what}: a text that matches ${text}, got '${details}'`);
}

/** Everything that is stored, in the order of originators and sequence ids, as hexadecimal text of the signed bytes. */
async function wholeLog(wire) {
  const log = [];
  for (const originator of [0, 1, 100]) {
    let after = 0n;
    for (;;) {
      const page = await queryAll(wire, { originatorNodeIds: [originator], lastSeen: { nodeIdToSequenceId: { [originator]: `${after}` } } }, 1000);
      if (page.length === 0) { break; }
      log.push(...page);
      after = unwrap(page.at(-1)).sequence;
    }
  }

  return log.map((envelope) => ({ ...unwrap(envelope), bytes: Buffer.from(envelope.unsignedOriginatorEnvelope).toString('hex') }));
}

const garbage = { groupMessage: { v1: { data: Buffer.from('garbage') } } };
const welcome = (installationKey) => ({ welcomeMessage: { v1: { installationKey, data: Buffer.of(1), hpkePublicKey: Buffer.of(1), wrapperAlgorithm: 1 } } });
const refusals = [
  ['a group message that is no MLS message', randomTopic(0, 16), garbage, /invalid (topic|payload)/],
  ['a group topic of the wrong length', randomTopic(0, 12), garbage, /invalid (topic|payload)/],
  ['a welcome on a group topic', randomTopic(0, 16), welcome(Buffer.alloc(32, 7))],
  ['a welcome with a short installation key', randomTopic(1, 32), welcome(Buffer.of(1, 2))],
  ['a key package that does not parse', randomTopic(3, 32), { uploadKeyPackage: { keyPackage: { keyPackageTlsSerialized: Buffer.from('garbage') } } }],
  ['an identity update of another inbox', randomTopic(2, 32), { identityUpdate: { inboxId: 'ab'.repeat(32) } }],
  ['an envelope without a payload', randomTopic(0, 16), {}],
  ['an envelope without a topic', Buffer.alloc(0), garbage],
];

export const wire = [
  scenario('gateway and node answer the health check', async ({ node, gateway }) => {
    for (const [name, each] of Object.entries({ node, gateway })) {
      const { value, details } = await each.call(methods.health, { service: '' });
      equal(value?.status ?? details, SERVING, `health of the ${name}`);
    }
  }),

  scenario('the gateway names its nodes, a node does not', async ({ node, gateway }, world) => {
    for (const method of [methods.nodes, methods.nodesByGatewayApi]) {
      const { value, details } = await gateway.call(method, {});
      equal(value?.nodes ?? details, { 100: world.node }, `nodes by ${method}`);
    }

    const { code } = await node.call(methods.nodes, {});
    truth(code !== undefined, 'GetNodes on a node fails');
  }),

  scenario('reads of empty and unknown topics', async ({ node }) => {
    await refused(node, methods.query, { query: { topics: [Buffer.alloc(0)] }, limit: 5 }, /invalid topic/, 'query of an empty topic');
    equal((await queryAll(node, { topics: [Buffer.of(0)] })).length, 0, 'envelopes of a topic that has only the kind byte');
    equal((await queryAll(node, { topics: [randomTopic(0, 16)] })).length, 0, 'envelopes of an unknown topic');
    const newest = await node.call(methods.newest, { topics: [randomTopic(3, 32)] });
    equal(newest.value?.results, [{}], 'newest envelope of an unknown topic');
    const emptyTopic = await node.call(methods.newest, { topics: [Buffer.alloc(0)] });
    equal(emptyTopic.value?.results, [{}], 'newest envelope of one empty topic');
  }),

  scenario('inbox ids come in the order of the request, unknown ones empty', async ({ node }, world) => {
    const account = world.account();
    const client = await world.client({ account });
    const identifiers = [address, account.identifier.identifier, address.toUpperCase().replace('0X', '0x')];
    const { value, details } = await node.call(methods.inboxIds, { requests: identifiers.map((identifier) => ({ identifier, identifierKind: 1 })) });
    truth(value !== undefined, `GetInboxIds answers, it said: ${details}`);
    equal(value.responses.map((each) => each.identifier), identifiers, 'identifiers, echoed byte for byte');
    equal(value.responses.map((each) => (Object.hasOwn(each, 'inboxId') ? each.inboxId : null)), [null, client.inboxId, null], 'inbox ids');
  }),

  scenario('newest envelopes come in the order of the request', async ({ node }, world) => {
    const group = await groupWithTexts(world, 2);
    const topic = topicOf(group);
    const { value } = await node.call(methods.newest, { topics: [randomTopic(0, 16), topic, randomTopic(3, 32), topic] });
    const all = (await queryAll(node, { topics: [topic] })).map(unwrap);
    const last = all.reduce((newest, each) => (each.nanoseconds > newest.nanoseconds ? each : newest));
    equal(
      value.results.map((each) => (each.originatorEnvelope ? position(unwrap(each.originatorEnvelope)) : null)),
      [null, position(last), null, position(last)], 'newest envelopes');
  }),

  scenario('queries page by cursor and limit', async ({ node }, world) => {
    const group = await groupWithTexts(world, 8);
    const topics = [topicOf(group)];
    const all = (await queryAll(node, { topics })).map(unwrap);
    equal(all.map(position), [...all].sort((a, b) => a.originator - b.originator || Number(a.sequence - b.sequence)).map(position), 'order of a page');
    truth(all[0].originator === 0 && all.some((each) => each.originator === 100), 'commits of originator 0 first, then messages of the node');

    const paged = [];
    const seen = {};
    for (;;) {
      const page = (await queryAll(node, { topics, lastSeen: { nodeIdToSequenceId: seen } }, 3)).map(unwrap);
      if (page.length === 0) { break; }
      truth(page.length <= 3, `a page of at most 3 envelopes, got ${page.length}`);
      paged.push(...page);
      for (const each of page) { seen[each.originator] = `${each.sequence}`; }
    }

    equal(paged.map(position), all.map(position), 'all pages together');
    const fromZero = await queryAll(node, { topics, lastSeen: { nodeIdToSequenceId: { 0: '0', 100: '0' } } });
    equal(fromZero.length, all.length, 'envelopes after a cursor of zeros');
  }),

  scenario('one request of several envelopes is answered in its order', async ({ node, gateway }) => {
    const topics = [randomTopic(0, 16), randomTopic(0, 16)];
    const { application, commit } = contentTypes;
    const envelopes = [application, commit, application, application, commit].map((type, index) => groupMessage(topics[index % 2], type));
    const answers = await publish(gateway, ...envelopes);
    equal(answers.map((each) => each.originator), [100, 0, 100, 100, 0], 'originators of the answers');
    equal(answers.map((each) => Buffer.compare(each.clientBytes, envelopes[answers.indexOf(each)])), Array(5).fill(0), 'the published bytes, in order');
    const ids = (originator) => answers.filter((each) => each.originator === originator).map((each) => each.sequence);
    for (const originator of [0, 100]) { equal(ids(originator), [...ids(originator)].sort((a, b) => Number(a - b)), 'sequence ids rise'); }
    const stored = (await queryAll(node, { topics })).map((each) => position(unwrap(each)));
    equal(stored, [...ids(0).map((id) => `0:${id}`), ...ids(100).map((id) => `100:${id}`)], 'both topics, read together');
  }),

  scenario('what is answered can be read at once', async ({ node, gateway }) => {
    for (const type of [contentTypes.application, contentTypes.commit]) {
      for (let round = 0; round < 50; round++) {
        const topic = randomTopic(0, 16);
        const [answer] = await publish(gateway, groupMessage(topic, type));
        const [stored] = await queryAll(node, { topics: [topic] });
        equal(stored && position(unwrap(stored)), position(answer), 'the first query after the answer');
        const { value } = await node.call(methods.newest, { topics: [topic] });
        equal(value.results.map((each) => each.originatorEnvelope && position(unwrap(each.originatorEnvelope))), [position(answer)], 'newest envelope after the answer');
      }
    }
  }),

  scenario('streams that open while others publish have no gap and no duplicate', async ({ node, gateway }) => {
    const topic = randomTopic(0, 16);
    const published = [];
    const streams = [];
    for (let round = 0; round < 60; round++) {
      if (round % 6 === 0) {
        streams.push(node.open(methods.subscribeTopics, { filters: [{ topic }] }));
        streams.push(node.open(methods.subscribeEnvelopes, { query: { topics: [topic], lastSeen: {} } }));
      }

      const type = round % 4 === 3 ? contentTypes.commit : contentTypes.application;
      const answers = await Promise.all([publish(gateway, groupMessage(topic, type)), publish(gateway, groupMessage(topic, type))]);
      published.push(...answers.flat().map(position));
    }

    for (const stream of streams) {
      await eventually(() => envelopesOf(stream).length >= published.length, 'every envelope on every stream', 20_000);
      stream.cancel();
      const received = envelopesOf(stream);
      sameItems(received.map(position), published, 'every envelope once');
      for (const originator of [0, 100]) {
        const ids = received.filter((each) => each.originator === originator).map((each) => each.sequence);
        equal(ids, [...ids].sort((a, b) => Number(a - b)), `ascending sequence ids of originator ${originator}`);
      }
    }
  }),

  scenario('older and newer clients share a group', async (_, world) => {
    const older = new World({ ...world, kind: 'node5', sdk: await import('node-sdk-5'), store: { fresh: () => world.database() } });
    try {
      const [first, third] = await world.clients(2);
      const second = await older.client();
      const group = await second.conversations.createGroup([first.inboxId, third.inboxId]);
      await group.sendText('from the older one');
      const views = [await joined(first, group), await joined(third, group)];
      await views[0].sendText('from a newer one');
      await views[1].sync();
      await views[1].sendText('from another newer one');
      for (const view of [group, ...views]) {
        await view.sync();
        equal(await texts(view), ['from the older one', 'from a newer one', 'from another newer one'], 'the conversation at every member');
      }
    } finally {
      await older.close();
    }
  }),

  scenario('envelopes come from the originators that clients expect', async ({ node }, world) => {
    const account = world.account();
    const client = await world.client({ account });
    const group = await client.conversations.createGroup([]);
    await group.sendText('hello');
    const originators = async (topic) => [...new Set((await queryAll(node, { topics: [topic] })).map((each) => unwrap(each).originator))];
    equal(await originators(Buffer.from(`02${client.inboxId}`, 'hex')), [1], 'originator of identity updates');
    equal(await originators(Buffer.from(`03${client.installationId}`, 'hex')), [100], 'originator of key packages');
    equal((await originators(topicOf(group))).sort(), [0, 100], 'originators of a group');
  }),

  scenario('a stream of topics without filters stays open', async ({ node }) => {
    const stream = node.open(methods.subscribeTopics, {});
    await eventually(() => statuses(stream).includes(STARTED), 'STARTED', 10_000);
    await pause(1_500);
    equal(stream.end, undefined, 'end of the stream');
    stream.cancel();
  }),

  scenario('a stream of topics: started, history, caught up, live', async ({ node }, world) => {
    const group = await groupWithTexts(world, 3);
    const history = (await queryAll(node, { topics: [topicOf(group)] })).map((each) => position(unwrap(each)));
    const stream = node.open(methods.subscribeTopics, { filters: [{ topic: topicOf(group) }] });
    await eventually(() => stream.metadata !== undefined && stream.frames.length > 0, 'headers and a first frame at once', 5_000);
    await eventually(() => statuses(stream).includes(CATCHUP_COMPLETE), 'CATCHUP_COMPLETE', 20_000);
    equal(stream.frames[0].statusUpdate?.status, STARTED, 'first frame');
    equal(stream.frames.at(-1).statusUpdate?.status, CATCHUP_COMPLETE, 'last frame of the catch-up');
    equal(envelopesOf(stream).map(position).sort(), history.sort(), 'history on the stream');
    await group.sendText('live');
    await eventually(() => envelopesOf(stream).length === history.length + 1, 'one live envelope', 10_000);
    stream.cancel();
  }),

  scenario('a stream of topics resumes behind its cursors', async ({ node }, world) => {
    const group = await groupWithTexts(world, 5);
    const all = (await queryAll(node, { topics: [topicOf(group)] })).map(unwrap);
    const cut = all.filter((each) => each.originator === 100)[2];
    const expected = all.filter((each) => each.originator === 100 && each.sequence > cut.sequence);
    const commits = all.filter((each) => each.originator === 0).at(-1);
    const stream = node.open(methods.subscribeTopics, {
      filters: [{ topic: topicOf(group), lastSeen: { nodeIdToSequenceId: { 0: `${commits.sequence}`, 100: `${cut.sequence}` } } }],
    });
    await eventually(() => statuses(stream).includes(CATCHUP_COMPLETE), 'CATCHUP_COMPLETE', 20_000);
    equal(envelopesOf(stream).map(position), expected.map(position), 'history behind the cursor');
    stream.cancel();
  }),

  scenario('a stream of ten thousand topics', async ({ node }, world) => {
    const group = await groupWithTexts(world, 1);
    const filters = Array.from({ length: 9_999 }, () => ({ topic: randomTopic(0, 16) }));
    const stream = node.open(methods.subscribeTopics, { filters: [...filters, { topic: topicOf(group) }] });
    await eventually(() => statuses(stream).includes(CATCHUP_COMPLETE), 'CATCHUP_COMPLETE', 10_000);
    const before = envelopesOf(stream).length;
    await group.sendText('live');
    await eventually(() => envelopesOf(stream).length === before + 1, 'one live envelope', 10_000);
    stream.cancel();
  }),

  scenario('the stream of older clients: an empty frame, history, live', async ({ node }, world) => {
    const group = await groupWithTexts(world, 2);
    const history = await queryAll(node, { topics: [topicOf(group)] });
    const stream = node.open(methods.subscribeEnvelopes, { query: { topics: [topicOf(group)], lastSeen: {} } }); // without a cursor: live only
    await eventually(() => envelopesOf(stream).length === history.length, 'the history', 20_000);
    equal(stream.frames[0].envelopes.length, 0, 'envelopes in the first frame');
    await group.sendText('live');
    await eventually(() => envelopesOf(stream).length === history.length + 1, 'one live envelope', 10_000);
    stream.cancel();
  }),

  scenario('answers are not compressed', async ({ node }, world) => {
    const group = await groupWithTexts(world, 1);
    const { metadata } = await node.call(methods.query, { query: { topics: [topicOf(group)] } });
    const encoding = metadata.get('grpc-encoding');
    truth(encoding.length === 0 || encoding[0] === 'identity', `no compression, the answer says '${encoding}'`);
  }),

  scenario('malformed publishes are refused and leave nothing behind', async ({ node, gateway }) => {
    for (const [what, topic, payload, text = /\w/] of refusals) {
      await refused(gateway, methods.publish, publishRequest(clientEnvelope(topic, payload)), text, what);
    }

    equal((await queryAll(node, { topics: refusals.map(([, topic]) => topic).filter((topic) => topic.length > 0) })).length, 0, 'envelopes on their topics');
  }),

  scenario('a topic stays usable after a refused publish', async ({ gateway }, world) => {
    const group = await groupWithTexts(world, 1);
    const bytes = clientEnvelope(topicOf(group), garbage);
    await refused(gateway, methods.publish, publishRequest(bytes), /invalid (topic|payload)/, 'garbage on the topic of a living group');
    await group.sendText('still works');
    await group.sync();
    equal((await group.messages()).filter((message) => typeof message.content === 'string').length, 2, 'messages of the group');
  }),

  scenario('an identical publish is the same publish', async ({ node, gateway }, world) => {
    const group = await groupWithTexts(world, 1);
    const before = await queryAll(node, { topics: [topicOf(group)] });
    for (const original of before) {
      const { value, details } = await gateway.call(methods.publish, publishRequest(unwrap(original).clientBytes));
      truth(value !== undefined, `a repeated publish is answered, it said: ${details}`);
      equal(value.originatorEnvelopes.map((each) => position(unwrap(each))), [position(unwrap(original))], 'the answer to the repetition');
      equal(
        Buffer.from(value.originatorEnvelopes[0].unsignedOriginatorEnvelope).toString('hex'),
        Buffer.from(original.unsignedOriginatorEnvelope).toString('hex'), 'the bytes of the answer');
    }

    equal((await queryAll(node, { topics: [topicOf(group)] })).length, before.length, 'envelopes afterwards');
  }),

  scenario('a log that is in order, and byte for byte the same after kill -9', async ({ node }, world) => {
    await groupWithTexts(world, 5);
    const before = await wholeLog(node);
    for (const originator of [0, 1, 100]) {
      const entries = before.filter((each) => each.originator === originator);
      truth(entries.length > 0, `entries of originator ${originator}`);
      for (const [index, entry] of entries.entries()) {
        equal(entry.sequence, BigInt(index + 1), `sequence ids of originator ${originator} without a gap`);
        truth(index === 0 || entry.nanoseconds > entries[index - 1].nanoseconds, `times of originator ${originator} rise at ${entry.sequence}`);
      }
    }

    await world.server.restart('kill');
    const after = new Map((await wholeLog(node)).map((each) => [position(each), each.bytes])); // clients may have added to it
    for (const each of before) { equal(after.get(position(each)), each.bytes, `the envelope at ${position(each)}`); }
  }, { alone: true, seconds: 90 }),

  scenario('pings every 10 s are accepted and a silent stream lives for minutes', async (_, world) => {
    const group = await groupWithTexts(world, 1);
    const wire = new Wire(world.node, {
      'grpc.keepalive_time_ms': 10_000, 'grpc.keepalive_timeout_ms': 5_000, 'grpc.keepalive_permit_without_calls': 1,
    });
    const streams = [
      wire.open(methods.subscribeTopics, { filters: [{ topic: topicOf(group) }] }),
      wire.open(methods.subscribeEnvelopes, { query: { topics: [topicOf(group)] } }),
    ];
    await pause(150_000);
    const before = streams.map((stream) => envelopesOf(stream).length);
    await group.sendText('after the silence');
    for (const [index, stream] of streams.entries()) {
      equal(stream.end, undefined, 'end of the stream');
      await eventually(() => envelopesOf(stream).length === before[index] + 1, 'the message after the silence', 10_000);
      stream.cancel();
    }

    wire.close();
  }, { long: true, seconds: 200 }),
];
