// Runs inside the page.
import { GrpcWebClientBase, MethodDescriptor, MethodType } from 'grpc-web';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (value) => new TextEncoder().encode(value);

export function calls(descriptorSet, server, serviceName) {
  const set = fromBinary(FileDescriptorSetSchema, Uint8Array.from(atob(descriptorSet), (character) => character.charCodeAt(0)));
  const service = createFileRegistry(set).getService(serviceName);
  const ask = (identifiers) => create(service.method.getInboxIds.input, { requests: identifiers.map((identifier) => ({ identifier })) });
  const filters = (topics) => create(service.method.subscribeTopics.input, { filters: topics.map((topic) => ({ topic: bytes(topic) })) });

  function descriptor(method, type) {
    return new MethodDescriptor(
      `/${serviceName}/${method.name}`, type, Object, Object, (request) => toBinary(method.input, request), (response) => fromBinary(method.output, response));
  }

  const url = (method) => `${server}/${serviceName}/${method.name}`;
  const headers = { 'x-app-version': '', 'x-libxmtp-version': '1.11.0' };

  return {
    unary: (format, identifiers) => new Promise((resolve) => {
      const method = service.method.getInboxIds;
      new GrpcWebClientBase({ format }).rpcCall(url(method), ask(identifiers), headers, descriptor(method, MethodType.UNARY), (error, response) =>
        resolve(error
          ? { code: error.code, message: error.message, headers: error.metadata }
          : { inboxIds: response.responses.map((answer) => answer.inboxId) }));
    }),

    stream: (format, topics) => new Promise((resolve) => {
      const method = service.method.subscribeTopics;
      const envelopes = [];
      const stream = new GrpcWebClientBase({ format }).serverStreaming(
        url(method), filters(topics), headers, descriptor(method, MethodType.SERVER_STREAMING));
      stream.on('data', ({ response }) => {
        if (response.case === 'envelopes') envelopes.push(text(response.value.envelopes[0].unsignedOriginatorEnvelope));
      });
      stream.on('error', (error) => resolve({ envelopes, code: error.code }));
      stream.on('end', () => resolve({ envelopes, code: 0 }));
    }),

    async openIdle() {
      const message = toBinary(service.method.subscribeTopics.input, filters(['idle']));
      const body = new Uint8Array(5 + message.length);
      new DataView(body.buffer).setUint32(1, message.length);
      body.set(message, 5);
      const response = await fetch(url(service.method.subscribeTopics), {
        method: 'POST', body, headers: { ...headers, 'content-type': 'application/grpc-web+proto', 'accept': 'application/grpc-web+proto', 'x-grpc-web': '1' },
      });
      const reader = response.body.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      return { contentType: response.headers.get('content-type'), first: value.length };
    },

    async json(request) {
      const response = await fetch(url(service.method.getInboxIds), {
        method: 'POST', body: JSON.stringify(request), headers: { 'content-type': 'application/json', 'connect-protocol-version': '1' },
      });
      return { status: response.status, body: await response.json() };
    },
  };
}
