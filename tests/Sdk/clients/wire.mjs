import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const definitions = fileURLToPath(new URL('../../../proto/', import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_, target) => (target.startsWith('google/') ? target : join(definitions, target));
root.loadSync(readdirSync(definitions, { recursive: true }).filter((file) => file.endsWith('.proto')));
root.resolveAll();

const health = protobuf.parse(`
  syntax = "proto3";
  package grpc.health.v1;
  service Health { rpc Check (HealthCheckRequest) returns (HealthCheckResponse); }
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse { ServingStatus status = 1; enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; } }`).root;

const deadlineMs = 20_000;

export const statusCodes = grpc.status;

/** Speaks the network's RPCs without an SDK in between: plain messages in, plain messages or statuses out. */
export class Wire {
  #client;

  constructor(url, channelOptions = {}) {
    this.#client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure(), {
      'grpc.max_receive_message_length': 25 * 1024 * 1024, 'grpc.max_send_message_length': 25 * 1024 * 1024, ...channelOptions,
    });
  }

  /** Calls a unary method: `{ value, metadata }`, or `{ code, details }` when it is refused. The request may be ready bytes. */
  call(path, request) {
    const { serialize, deserialize } = methodOf(path);
    return new Promise((resolve) => {
      let metadata;
      const call = this.#client.makeUnaryRequest(path, serialize, deserialize, request, { deadline: Date.now() + deadlineMs }, (error, value) => {
        resolve(error ? { code: error.code, details: error.details } : { value, metadata });
      });
      call.on('metadata', (received) => { metadata = received; });
    });
  }

  /** Opens a server stream; `frames` fills as they come, `metadata` and `end` once they are known. */
  open(path, request) {
    const { serialize, deserialize } = methodOf(path);
    const call = this.#client.makeServerStreamRequest(path, serialize, deserialize, request);
    const stream = { frames: [], metadata: undefined, end: undefined, cancel: () => call.cancel() };
    call.on('metadata', (metadata) => { stream.metadata = metadata; });
    call.on('data', (frame) => { stream.frames.push(frame); });
    call.on('error', () => {}); // the status says it
    call.on('status', ({ code, details }) => { stream.end = { code, details }; });
    return stream;
  }

  close() {
    this.#client.close();
  }
}

/** The methods that released clients call. */
export const methods = {
  publish: '/xmtp.xmtpv4.payer_api.PayerApi/PublishClientEnvelopes',
  nodes: '/xmtp.xmtpv4.payer_api.PayerApi/GetNodes',
  nodesByGatewayApi: '/xmtp.xmtpv4.gateway_api.GatewayApi/GetNodes',
  query: '/xmtp.xmtpv4.message_api.ReplicationApi/QueryEnvelopes',
  newest: '/xmtp.xmtpv4.message_api.ReplicationApi/GetNewestEnvelope',
  inboxIds: '/xmtp.xmtpv4.message_api.ReplicationApi/GetInboxIds',
  subscribeTopics: '/xmtp.xmtpv4.message_api.ReplicationApi/SubscribeTopics',
  subscribeEnvelopes: '/xmtp.xmtpv4.message_api.ReplicationApi/SubscribeEnvelopes',
  health: '/grpc.health.v1.Health/Check',
};

/** Unwraps an originator envelope down to what a client published; `clientBytes` are the exact bytes. */
export function unwrap(originatorEnvelope) {
  const envelopes = root.lookup('xmtp.xmtpv4.envelopes');
  const unsigned = envelopes.lookupType('UnsignedOriginatorEnvelope').decode(originatorEnvelope.unsignedOriginatorEnvelope);
  const payer = envelopes.lookupType('PayerEnvelope').decode(unsigned.payerEnvelopeBytes);
  return {
    originator: unsigned.originatorNodeId,
    sequence: BigInt(unsigned.originatorSequenceId),
    nanoseconds: BigInt(unsigned.originatorNs),
    clientBytes: payer.unsignedClientEnvelope,
    client: envelopes.lookupType('ClientEnvelope').decode(payer.unsignedClientEnvelope),
  };
}

/** A publish request of client envelopes that are ready bytes, so that nothing is encoded a second time. */
export function publishRequest(...clientEnvelopes) {
  const writer = protobuf.Writer.create();
  for (const bytes of clientEnvelopes) { writer.uint32(10).bytes(bytes); }
  return writer.finish();
}

/** The bytes of a client envelope with this topic and payload. */
export function clientEnvelope(targetTopic, payload) {
  const type = root.lookupType('xmtp.xmtpv4.envelopes.ClientEnvelope');
  return type.encode(type.fromObject({ aad: { targetTopic }, ...payload })).finish();
}

function methodOf(path) {
  const [service, name] = path.slice(1).split('/');
  const method = (service.startsWith('grpc.') ? health : root).lookupService(service).methods[name].resolve();
  return {
    serialize: (message) => Buffer.from(
      message instanceof Uint8Array ? message : method.resolvedRequestType.encode(method.resolvedRequestType.fromObject(message)).finish()),
    deserialize: (bytes) => method.resolvedResponseType.decode(bytes),
  };
}

/** Content types of a private MLS message, as they stand in its header. */
export const contentTypes = { application: 1, commit: 3 };

/** A client envelope with a group message that is well framed and unreadable, as every group message is to a server. */
export function groupMessage(topic, contentType = contentTypes.application) {
  const random = (length) => crypto.getRandomValues(new Uint8Array(length));
  const data = Buffer.concat([
    Buffer.of(0, 1, 0, 2), // version 1, private message
    Buffer.of(16), topic.subarray(1),
    Buffer.alloc(8), Buffer.of(contentType), // epoch 0
    Buffer.of(0), Buffer.of(28), random(28), Buffer.of(0x40, 128), random(128), // authenticated data, sender data, ciphertext
  ]);
  return clientEnvelope(topic, { groupMessage: { v1: { data, senderHmac: random(32), shouldPush: true } } });
}
