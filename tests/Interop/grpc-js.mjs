// @grpc/grpc-js: native gRPC over HTTP/2 by prior knowledge.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { address, assert, check, descriptors, failureOf, finish } from './check.mjs';

const definition = loader.loadFileDescriptorSetFromBuffer(descriptors, { keepCase: false, longs: String, enums: String, defaults: true, oneofs: true });
const root = grpc.loadPackageDefinition(definition);
const target = new URL(address).host;
const Query = root.xmtp.xmtpv4.message_api.QueryApi;
const client = new Query(target, grpc.credentials.createInsecure());

const unary = (method, request, options = {}, of = client) => new Promise((resolve, reject) => {
  of[method](request, new grpc.Metadata(), options, (error, response) => (error ? reject(error) : resolve(response)));
});
const ask = (...identifiers) => ({ requests: identifiers.map((identifier) => ({ identifier })) });
const collect = (call) => new Promise((resolve) => {
  const messages = [];
  call.on('data', (message) => messages.push(message));
  call.on('error', (error) => resolve({ messages, error }));
  call.on('end', () => resolve({ messages }));
});

await check('unary', async () => {
  const response = await unary('GetInboxIds', ask('a', 'b'));
  assert.deepEqual(response.responses.map((answer) => answer.inbox_id), ['a', 'b']);
});

await check('large request and answer', async () => {
  const identifiers = Array.from({ length: 20_000 }, (_, index) => `identifier ${index}`);
  const response = await unary('GetInboxIds', ask(...identifiers));
  assert.equal(response.responses.length, identifiers.length);
});

await check('gzip request', async () => {
  const packing = new Query(target, grpc.credentials.createInsecure(), { 'grpc.default_compression_algorithm': 2 });
  const response = await unary('GetInboxIds', ask('a'.repeat(10_000)), {}, packing);
  assert.equal(response.responses[0].inbox_id.length, 10_000);
});

await check('refusal with details', async () => {
  const error = await failureOf(unary('GetInboxIds', ask('busy')));
  assert.equal(error.code, grpc.status.UNAVAILABLE);
  assert.equal(error.details, 'come back later');
  assert.equal(error.metadata.get('retry-after')[0], '2');
  assert.match(error.metadata.get('grpc-status-details-bin')[0].toString('latin1'), /type\.googleapis\.com\/google\.rpc\.RetryInfo/);
});

await check('fault tells nothing', async () => {
  const error = await failureOf(unary('GetInboxIds', ask('broken')));
  assert.equal(error.code, grpc.status.INTERNAL);
  assert.equal(error.details, 'internal server error');
});

await check('deadline', async () => {
  const error = await failureOf(unary('GetInboxIds', ask('hang'), { deadline: Date.now() + 100 }));
  assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
});

await check('unknown method', async () => {
  const method = { ...definition['xmtp.xmtpv4.message_api.MisbehaviorApi'].QueryMisbehaviorReports };
  const error = await failureOf(new Promise((resolve, reject) => {
    client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, {}, (failure, response) =>
      (failure ? reject(failure) : resolve(response)));
  }));
  assert.equal(error.code, grpc.status.UNIMPLEMENTED);
});

await check('server stream', async () => {
  const { messages, error } = await collect(client.SubscribeTopics({ filters: ['a', 'b'].map((topic) => ({ topic: Buffer.from(topic) })) }));
  assert.equal(error, undefined);
  assert.equal(messages[0].status_update.status, 'SUBSCRIPTION_STATUS_STARTED');
  assert.deepEqual(messages.slice(1).map((message) => message.envelopes.envelopes[0].unsigned_originator_envelope.toString()), ['a', 'b']);
});

await check('server stream that fails', async () => {
  const { messages, error } = await collect(client.SubscribeTopics({ filters: ['a', 'busy'].map((topic) => ({ topic: Buffer.from(topic) })) }));
  assert.equal(messages.length, 2);
  assert.equal(error.code, grpc.status.UNAVAILABLE);
});

await check('server stream cancelled', async () => {
  const call = client.SubscribeTopics({ filters: [{ topic: Buffer.from('idle') }] });
  call.once('data', () => call.cancel());
  const { error } = await collect(call);
  assert.equal(error.code, grpc.status.CANCELLED);
});

await check('duplex', async () => {
  const call = client.Subscribe();
  const nonces = [];
  const ended = collect(call);
  call.on('data', (message) => {
    nonces.push(message.v1.pong.nonce);
    if (nonces.length === 3) call.end();
    else call.write({ v1: { ping: { nonce: String(nonces.length + 1) } } });
  });
  call.write({ v1: { ping: { nonce: '1' } } });
  assert.equal((await ended).error, undefined);
  assert.deepEqual(nonces, ['1', '2', '3']);
});

await check('health', async () => {
  const health = new root.grpc.health.v1.Health(target, grpc.credentials.createInsecure());
  assert.equal((await unary('Check', { service: '' }, {}, health)).status, 'SERVING');
  assert.equal((await failureOf(unary('Check', { service: 'no.Such' }, {}, health))).code, grpc.status.NOT_FOUND);
});

finish();
