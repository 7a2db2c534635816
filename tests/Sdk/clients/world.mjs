import { hexToBytes } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { eventually } from './check.mjs';

// Runs in Node and in the page, so it uses nothing of either.

/** What a scenario acts with: one kind of official client, the network it talks to, and the power to restart that network. */
export class World {
  #store;
  #clients = [];
  #streams = [];

  constructor({ kind, sdk, gateway, node, store, server }) {
    this.kind = kind;
    this.sdk = sdk;
    this.gateway = gateway;
    this.node = node;
    this.server = server;
    this.#store = store;
  }

  /** A new account of a person, able to sign. */
  account() {
    const account = privateKeyToAccount(generatePrivateKey());
    const identifier = { identifier: account.address.toLowerCase(), identifierKind: this.sdk.IdentifierKind.Ethereum };
    return {
      type: 'EOA',
      identifier,
      getIdentifier: () => identifier,
      signMessage: async (message) => hexToBytes(await account.signMessage({ message })),
    };
  }

  /** Where a client keeps its data, for a client that will be opened again. */
  database() {
    return this.#store.kept();
  }

  /** A client for the account (a new one by default), registered by the SDK itself; with a new database unless one is given. */
  async client({ account = this.account(), database = this.#store.fresh(), ...options } = {}) {
    const client = await this.sdk.Client.create(account, this.#options(database, options));
    this.#clients.push(client);
    return client;
  }

  /** `count` clients of new accounts, registered at the same time. */
  clients(count) {
    return Promise.all(Array.from({ length: count }, () => this.client()));
  }

  /** Opens an existing database without a signer, as an app does at its next start. */
  async reopen(account, database) {
    const client = await this.sdk.Client.build(account.identifier, this.#options(database, {}));
    this.#clients.push(client);
    return client;
  }

  /** Follows a stream: `open` gets the stream options and opens it. What came is in `values`, in order. */
  async follow(open, options = {}) {
    const followed = {
      values: [],
      restarts: 0,
      errors: [],
      /** Waits until a value satisfies the test. */
      until: (test, what, withinMs) => eventually(() => followed.values.some(test), what, withinMs),
    };
    const stream = await open({
      retryDelay: 300,
      retryAttempts: 100,
      onValue: (value) => followed.values.push(value),
      onError: (error) => followed.errors.push(error),
      onRestart: () => { followed.restarts++; },
      ...options,
    });
    this.#streams.push(stream);
    followed.end = () => stream.end();
    return followed;
  }

  /** Puts a text into the conversation's queue; nothing is sent before `publishMessages`. */
  queueText(conversation, text) {
    return conversation.sendText(text, this.kind === 'node5' ? true : { optimistic: true });
  }

  /** Static functions of the 6.x and web clients take a backend, those of 5.x the environment and the gateway. */
  async connection() {
    return this.kind === 'node5' ? ['local', this.gateway] : [await this.sdk.createBackend({ env: 'local', gatewayHost: this.gateway })];
  }

  /** The state of an inbox as somebody reads it who has no part in it. */
  async inboxState(inboxId) {
    if (this.kind === 'node5') {
      // Its static function for this speaks TLS whatever the address says, so a new client asks.
      const observer = await this.client();
      return (await observer.preferences.fetchInboxStates([inboxId]))[0];
    }

    return (await this.sdk.Client.fetchInboxStates([inboxId], ...(await this.connection())))[0];
  }

  async close() {
    await Promise.allSettled(this.#streams.map((stream) => stream.end()));
    await Promise.allSettled(this.#clients.map((client) => this.closeClient(client)));
  }

  /** Ends a client where the SDK can; a 5.x client ends with its process. */
  async closeClient(client) {
    await client.close?.();
  }

  #options(database, options) {
    return { env: 'local', gatewayHost: this.gateway, dbPath: database, loggingLevel: this.sdk.LogLevel.Off, ...options };
  }
}

/** Reads a member that is a property of the Node clients and a method of the web client. */
export async function read(object, member) {
  const value = object[member];
  return typeof value === 'function' ? value.call(object) : value;
}

/** The texts of a conversation that this client has, in order. */
export async function texts(conversation) {
  const messages = await conversation.messages();
  return messages.map((message) => message.content).filter((content) => typeof content === 'string');
}

/** The same conversation as another client sees it, after it fetched its welcomes. */
export async function joined(client, conversation) {
  await client.conversations.sync();
  const found = await client.conversations.getConversationById(conversation.id);
  if (!found) { throw new Error(`expected ${client.inboxId} to find conversation ${conversation.id} after a sync`); }
  await found.sync();
  return found;
}

/** The inbox ids of the members, sorted. */
export async function memberIds(conversation) {
  return (await conversation.members()).map((member) => member.inboxId).sort();
}
