import { equal, eventually, fails, pause, truth } from '../clients/check.mjs';
import { joined, memberIds, read, texts } from '../clients/world.mjs';

const unknown = '0x00000000000000000000000000000000000000ff';

// The clients name this member differently.
const accountsOf = (state) => state.identifiers ?? state.accountIdentifiers;

export const identity = [
  {
    name: 'register',
    async run(world) {
      const account = world.account();
      const client = await world.client({ account, appVersion: 'xmtp-orleans-tests/1.0' });
      equal(await read(client, 'isRegistered'), true, 'isRegistered');
      equal(client.inboxId, await world.sdk.generateInboxId(account.identifier, 1n), 'inbox id of a new account');
      const state = await client.preferences.fetchInboxState();
      equal(accountsOf(state).map((each) => each.identifier), [account.identifier.identifier], 'accounts of the new inbox');
      equal(state.installations.map((each) => each.id), [client.installationId], 'installations of the new inbox');
      equal(state.recoveryIdentifier.identifier, account.identifier.identifier, 'recovery account of the new inbox');
    },
  },
  {
    name: 'register and wait until every node shows it',
    skip: { node5: 'the option is unknown to this client' },
    async run(world) {
      const client = await world.client({ waitForRegistrationVisible: { quorumPercentage: 1, timeoutMs: 30_000 } });
      equal(await read(client, 'isRegistered'), true, 'isRegistered');
      const group = await client.conversations.createGroup([]);
      equal(await memberIds(group), [client.inboxId], 'members of a group made right after registration');
    },
  },
  {
    name: 'register through a shared backend',
    skip: { node5: 'the option is unknown to this client', browser: 'the client cannot hand a backend to its worker' },
    async run(world) {
      const [backend] = await world.connection();
      const account = world.account();
      const client = await world.sdk.Client.create(account, { backend, dbPath: world.database() });
      const answer = await world.sdk.Client.canMessage([account.identifier], backend);
      equal(answer.get(account.identifier.identifier), true, 'canMessage of the new account, asked without a client');
      await world.closeClient(client);
    },
  },
  {
    name: 'find people by account',
    async run(world) {
      const [account, other] = [world.account(), world.account()];
      const client = await world.client({ account });
      const peer = await world.client({ account: other });
      const answer = await client.canMessage([
        other.identifier,
        { ...other.identifier, identifier: unknown },
        account.identifier,
      ]);
      equal([...answer].sort(), [
        [other.identifier.identifier, true], [unknown, false], [account.identifier.identifier, true],
      ].sort(), 'canMessage');
      equal(await client.fetchInboxIdByIdentifier(other.identifier), peer.inboxId, 'inbox id of a registered account');
      const nobody = await client.fetchInboxIdByIdentifier({ ...other.identifier, identifier: unknown });
      truth(nobody === null || nobody === undefined, `no inbox id for an unknown account, got ${nobody}`);
    },
  },
  {
    name: 'a second installation of an inbox',
    async run(world) {
      const account = world.account();
      const [first, friend] = [await world.client({ account }), await world.client()];
      const group = await friend.conversations.createGroup([first.inboxId]);
      const second = await world.client({ account });
      equal(second.inboxId, first.inboxId, 'inbox id of the second installation');
      truth(second.installationId !== first.installationId, 'another installation id');
      const state = await first.preferences.fetchInboxState();
      equal(
        state.installations.map((each) => each.id).sort(), [first.installationId, second.installationId].sort(), 'installations of the inbox');

      // The friend looks at the members again before a send only when its last look is 5 s old.
      await pause(5_500);
      await group.sendText('to both');
      const seen = await joined(second, group);
      equal(await texts(seen), ['to both'], 'what the second installation reads');
    },
  },
  {
    name: 'add and remove an account of an inbox',
    async run(world) {
      const [account, added] = [world.account(), world.account()];
      const client = await world.client({ account });
      await client.unsafe_addAccount(added, true); // the SDK wants the consent to a move even where there is none
      const state = await client.preferences.fetchInboxState();
      equal(
        accountsOf(state).map((each) => each.identifier).sort(),
        [account.identifier.identifier, added.identifier.identifier].sort(), 'accounts after one was added');
      const before = await world.client();
      equal(await before.fetchInboxIdByIdentifier(added.identifier), client.inboxId, 'inbox id of the added account');

      await client.removeAccount(added.identifier);
      equal(
        accountsOf(await client.preferences.fetchInboxState()).map((each) => each.identifier),
        [account.identifier.identifier], 'accounts after one was removed');
      const after = await world.client();
      const answer = await after.canMessage([added.identifier, account.identifier]);
      equal(answer.get(added.identifier.identifier), false, 'canMessage of the removed account');
      equal(answer.get(account.identifier.identifier), true, 'canMessage of the account that stayed');
    },
  },
  {
    name: 'move an account to another inbox',
    skip: { browser: 'the client refuses an account that has an inbox' },
    async run(world) {
      const account = world.account();
      const old = await world.client({ account });
      const client = await world.client();
      await fails(() => client.unsafe_addAccount(account, false), 'an account of another inbox is not added without consent');
      await client.unsafe_addAccount(account, true);
      const stranger = await world.client();
      equal(await stranger.fetchInboxIdByIdentifier(account.identifier), client.inboxId, `inbox id of the account that left ${old.inboxId}`);
    },
  },
  {
    name: 'revoke installations',
    async run(world) {
      const account = world.account();
      const client = await world.client({ account });
      const [second, third] = [await world.client({ account }), await world.client({ account })];
      const installations = async () => (await client.preferences.fetchInboxState()).installations.map((each) => each.id).sort();
      equal(await installations(), [client, second, third].map((each) => each.installationId).sort(), 'installations before');
      await client.revokeInstallations([second.installationIdBytes]);
      equal(await installations(), [client, third].map((each) => each.installationId).sort(), 'installations after one was revoked');
      await client.revokeAllOtherInstallations();
      equal(await installations(), [client.installationId], 'installations after all others were revoked');

      const friend = await world.client();
      const group = await friend.conversations.createGroup([client.inboxId]);
      await group.sendText('only to the one that is left');
      equal(await texts(await joined(client, group)), ['only to the one that is left'], 'what the installation that is left reads');
      await third.conversations.sync();
      const outside = await third.conversations.getConversationById(group.id);
      truth(!outside, 'a revoked installation is not invited');
    },
  },
  {
    name: 'revoke an installation without a client',
    async run(world) {
      const account = world.account();
      const client = await world.client({ account });
      const second = await world.client({ account });
      const connection = await world.connection();
      await world.sdk.Client.revokeInstallations(account, client.inboxId, [second.installationIdBytes], ...connection);
      const state = await world.inboxState(client.inboxId);
      equal(state.installations.map((each) => each.id), [client.installationId], 'installations, asked without a client');
    },
  },
  {
    name: 'change the recovery account',
    async run(world) {
      const [account, recovery] = [world.account(), world.account()];
      const client = await world.client({ account });
      const second = await world.client({ account });
      await client.changeRecoveryIdentifier(recovery.identifier);
      const state = () => world.inboxState(client.inboxId);
      equal((await state()).recoveryIdentifier.identifier, recovery.identifier.identifier, 'recovery account');
      await fails(() => client.revokeInstallations([second.installationIdBytes]), 'the old recovery account may not revoke');
      equal((await state()).installations.length, 2, 'installations after the refused revocation');
      const connection = await world.connection();
      await world.sdk.Client.revokeInstallations(recovery, client.inboxId, [second.installationIdBytes], ...connection);
      equal((await state()).installations.map((each) => each.id), [client.installationId], 'installations after the revocation');
    },
  },
  {
    name: 'consent travels between two installations',
    seconds: 120,
    async run(world) {
      const account = world.account();
      const [first, stranger] = [await world.client({ account }), await world.client()];
      const second = await world.client({ account });
      const { ConsentEntityType, ConsentState } = world.sdk;
      const consent = () => second.preferences.getConsentState(ConsentEntityType.InboxId, stranger.inboxId);
      equal(await consent(), ConsentState.Unknown, 'consent before');
      // The second installation makes the group of the two in the background, and the first one uses it once it has joined:
      // what it records before that does not travel. So it records one state after the other until one arrives.
      let state = ConsentState.Allowed;
      await eventually(
        async () => {
          for (const client of [first, second]) {
            await client.preferences.sync();
            await client.conversations.syncAll();
          }

          state = state === ConsentState.Denied ? ConsentState.Allowed : ConsentState.Denied;
          await first.preferences.setConsentStates([{ entityType: ConsentEntityType.InboxId, entity: stranger.inboxId, state }]);
          await pause(1_500);
          await second.preferences.sync();
          return await consent() === state;
        },
        'the second installation learns of the consent that the first one recorded', 40_000);
    },
  },
];
