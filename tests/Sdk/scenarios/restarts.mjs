import { equal, eventually } from '../clients/check.mjs';
import { joined, memberIds, texts } from '../clients/world.mjs';

// Each of these restarts the server under every client that talks to it, so they run one at a time.
const ways = [['stop', 'a graceful restart'], ['kill', 'kill -9']];

const streamSurvives = ([way, name]) => ({
  name: `a stream continues without loss after ${name}`,
  alone: true,
  seconds: 120,
  async run(world) {
    const [listener, speaker] = await world.clients(2);
    const group = await speaker.conversations.createGroup([listener.inboxId]);
    const followed = await world.follow((options) => listener.conversations.streamAllMessages(options));
    await group.sendText('before');
    await followed.until((message) => message.content === 'before', 'the message before the restart');

    await world.server.restart(way);
    await group.sendText('meanwhile'); // the stream or the sync that precedes its next try brings it
    await eventually(() => followed.restarts > 0, 'the stream opens again', 30_000);
    for (let index = 0; index < 5; index++) {
      await group.sendText(`after ${index}`);
      await followed.until((message) => message.content === `after ${index}`, `the stream brings 'after ${index}'`);
    }

    const fresh = await speaker.conversations.createGroup([listener.inboxId]);
    await fresh.sendText('in a new group');
    await followed.until((message) => message.content === 'in a new group', 'the stream brings a message of a group made after the restart');
    const there = await listener.conversations.getConversationById(group.id);
    equal(
      await texts(there), ['before', 'meanwhile', ...Array.from({ length: 5 }, (_, index) => `after ${index}`)], 'what the listener has of the group');
  },
});

const nothingLost = ([way, name]) => ({
  name: `everything is still there after ${name}`,
  alone: true,
  seconds: 120,
  async run(world) {
    const account = world.account();
    const first = await world.client({ account });
    const [second, later] = await world.clients(2);
    const group = await first.conversations.createGroup([second.inboxId, later.inboxId], { groupName: 'kept' });
    await joined(second, group);
    for (let index = 0; index < 10; index++) { await group.sendText(`message ${index}`); }
    await group.updateName('kept well');

    await world.server.restart(way);

    const expected = Array.from({ length: 10 }, (_, index) => `message ${index}`);
    const seen = await eventually(() => joined(second, group).catch(() => undefined), 'a sync after the restart');
    equal([seen.name, await texts(seen)], ['kept well', expected], 'what a member reads after the restart');
    const late = await joined(later, group);
    equal([late.name, await texts(late)], ['kept well', expected], 'what a member reads that never synced before');
    const newcomer = await world.client();
    equal(await newcomer.fetchInboxIdByIdentifier(account.identifier), first.inboxId, 'inbox id of an account that registered before');
    await group.addMembers([newcomer.inboxId]);
    await group.sendText('welcome');
    equal(await texts(await joined(newcomer, group)), ['welcome'], 'what a newcomer reads');
    equal(await memberIds(group), [first, second, later, newcomer].map((each) => each.inboxId).sort(), 'members at the end');
  },
});

export const restarts = ways.flatMap((way) => [streamSurvives(way), nothingLost(way)]);
