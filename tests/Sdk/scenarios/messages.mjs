import { equal, truth } from '../clients/check.mjs';
import { joined, read, texts } from '../clients/world.mjs';

export const messages = [
  {
    name: '250 messages read page by page',
    seconds: 90,
    async run(world) {
      const [sender, reader] = await world.clients(2);
      const group = await sender.conversations.createGroup([reader.inboxId]);
      await reader.conversations.sync();
      const expected = Array.from({ length: 250 }, (_, index) => `message ${index}`);
      for (const text of expected) { await world.queueText(group, text); }
      await group.publishMessages();

      const there = await reader.conversations.getConversationById(group.id);
      await there.sync();
      const first = (await texts(there)).length;
      truth(first > 0 && first <= 100, `one sync reads one page of at most 100 messages, it read ${first}`);
      await there.sync();
      await there.sync();
      await there.sync();
      equal(await texts(there), expected, 'messages after four syncs');
    },
  },
  {
    name: 'a message of 900 kB',
    async run(world) {
      const [sender, reader] = await world.clients(2);
      const group = await sender.conversations.createGroup([reader.inboxId]);
      const text = 'xmtp-'.repeat(180_000);
      await group.sendText(text);
      const [arrived] = await texts(await joined(reader, group));
      equal(arrived?.length, text.length, 'length of the message that arrived');
      truth(arrived === text, 'the message arrives unchanged');
    },
  },
  {
    name: 'own writes are readable at once',
    async run(world) {
      const { DeliveryStatus } = world.sdk;
      const [client, other] = await world.clients(2);
      for (let round = 0; round < 10; round++) {
        const group = await client.conversations.createGroup([other.inboxId], { groupName: `${round}` });
        const id = await group.sendText(`first of ${round}`);
        await group.updateName(`renamed ${round}`);
        const sent = await client.conversations.getMessageById(id);
        equal(sent.deliveryStatus, DeliveryStatus.Published, `delivery status right after send ${round}`);
        equal(group.name, `renamed ${round}`, 'name right after the change');
        equal(await texts(await joined(other, group)), [`first of ${round}`], 'what the other one reads right after the send');
      }
    },
  },
  {
    name: 'reactions, replies and read receipts',
    async run(world) {
      const { ReactionAction, ReactionSchema } = world.sdk;
      const [first, second] = await world.clients(2);
      const group = await first.conversations.createGroup([second.inboxId]);
      const id = await group.sendText('what do you think?');
      const there = await joined(second, group);
      await there.sendReaction({
        reference: id, referenceInboxId: first.inboxId, action: ReactionAction.Added, content: '👍', schema: ReactionSchema.Unicode,
      });
      await there.sendReadReceipt();
      await there.sendMarkdown('*very* good');
      await group.sync();
      const [question] = (await group.messages()).filter((message) => message.content === 'what do you think?');
      equal(question.reactions.map((each) => each.content.content), ['👍'], 'reactions to the message');
      equal(await texts(group), ['what do you think?', '*very* good'], 'texts of the conversation');
    },
  },
  {
    name: 'open an existing database after time away',
    async run(world) {
      const account = world.account();
      const database = world.database();
      const before = await world.client({ account, database });
      const friend = await world.client();
      const old = await before.conversations.createGroup([friend.inboxId], { groupName: 'old' });
      await old.sendText('before');
      const { inboxId, installationId } = before;
      await world.closeClient(before);

      const there = await joined(friend, old);
      for (let index = 0; index < 20; index++) { await there.sendText(`away ${index}`); }
      await there.updateName('renamed meanwhile');
      const fresh = await friend.conversations.createGroup([inboxId], { groupName: 'new' });
      await fresh.sendText('you are in this one too');

      const after = await world.reopen(account, database);
      equal([after.inboxId, after.installationId], [inboxId, installationId], 'inbox and installation of the reopened client');
      equal(await read(after, 'isRegistered'), true, 'isRegistered of the reopened client');
      await after.conversations.syncAll();
      const again = await after.conversations.getConversationById(old.id);
      equal(again.name, 'renamed meanwhile', 'name of the old group');
      equal(await texts(again), ['before', ...Array.from({ length: 20 }, (_, index) => `away ${index}`)], 'messages of the old group');
      equal(await texts(await after.conversations.getConversationById(fresh.id)), ['you are in this one too'], 'messages of the new group');
      await again.sendText('back');
      await there.sync();
      equal((await texts(there)).at(-1), 'back', 'what the friend reads last');
    },
  },
];
