// @connectrpc/connect-node: all three protocols, over HTTP/1.1 and HTTP/2.
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport, compressionGzip } from '@connectrpc/connect-node';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { address as baseUrl, assert, check, descriptors, failureOf, finish, query } from './check.mjs';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
const service = registry.getService(query);
const retryInfo = registry.getMessage('google.rpc.RetryInfo');
const bytes = (text) => new TextEncoder().encode(text);
const ask = (...identifiers) => ({ requests: identifiers.map((identifier) => ({ identifier })) });
const filters = (...topics) => ({ filters: topics.map((topic) => ({ topic: bytes(topic) })) });
const packed = { sendCompression: compressionGzip, compressMinBytes: 0 };

const transports = {
  'grpc': createGrpcTransport({ baseUrl }),
  'grpc gzip': createGrpcTransport({ baseUrl, ...packed }),
  'grpc-web h1': createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
  'grpc-web h2': createGrpcWebTransport({ baseUrl, httpVersion: '2' }),
  'connect h1': createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: true }),
  'connect h2': createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: true }),
  'connect h1 json': createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false }),
  'connect h2 json gzip': createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: false, ...packed }),
};

async function collect(stream) {
  const messages = [];
  try {
    for await (const message of stream) messages.push(message);
    return { messages };
  } catch (error) {
    return { messages, error: ConnectError.from(error) };
  }
}

for (const [name, transport] of Object.entries(transports)) {
  const client = createClient(service, transport);

  await check(`${name}: unary`, async () => {
    const response = await client.getInboxIds(ask('a', 'b'));
    assert.deepEqual(response.responses.map((answer) => answer.inboxId), ['a', 'b']);
  });

  await check(`${name}: refusal with details`, async () => {
    const error = ConnectError.from(await failureOf(client.getInboxIds(ask('busy'))));
    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.rawMessage, 'come back later');
    assert.equal(error.findDetails(retryInfo)[0].retryDelay.nanos, 500_000_000);
    assert.equal(error.metadata.get('retry-after'), '2');
  });

  await check(`${name}: deadline`, async () => {
    const error = ConnectError.from(await failureOf(client.getInboxIds(ask('hang'), { timeoutMs: 100 })));
    assert.equal(error.code, Code.DeadlineExceeded);
  });

  await check(`${name}: server stream`, async () => {
    const { messages, error } = await collect(client.subscribeTopics(filters('a', 'b')));
    assert.equal(error, undefined);
    assert.equal(messages[0].response.case, 'statusUpdate');
    assert.deepEqual(messages.slice(1).map((message) => message.response.value.envelopes[0].unsignedOriginatorEnvelope), [bytes('a'), bytes('b')]);
  });

  await check(`${name}: server stream that fails`, async () => {
    const { messages, error } = await collect(client.subscribeTopics(filters('a', 'busy')));
    assert.equal(messages.length, 2);
    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.findDetails(retryInfo).length, 1);
  });

  await check(`${name}: server stream cancelled`, async () => {
    const stop = new AbortController();
    const { error } = await collect((async function* () {
      for await (const message of client.subscribeTopics(filters('idle'), { signal: stop.signal })) {
        yield message;
        stop.abort();
      }
    })());
    assert.equal(error.code, Code.Canceled);
  });
}

for (const name of ['grpc', 'connect h2', 'connect h2 json gzip']) {
  await check(`${name}: duplex`, async () => {
    const client = createClient(service, transports[name]);
    let answered = () => {};
    async function* pings() {
      for (const nonce of [1n, 2n, 3n]) {
        const pong = new Promise((resolve) => { answered = resolve; });
        yield { version: { case: 'v1', value: { request: { case: 'ping', value: { nonce } } } } };
        await pong;
      }
    }
    const nonces = [];
    for await (const response of client.subscribe(pings())) {
      nonces.push(response.version.value.response.value.nonce);
      answered();
    }
    assert.deepEqual(nonces, [1n, 2n, 3n]);
  });
}

finish();
