import { equal, pause } from '../clients/check.mjs';
import { joined } from '../clients/world.mjs';

const contents = (followed) => followed.values.map((message) => message.content).filter((content) => typeof content === 'string');

export const streams = [
  {
    name: 'stream all messages while new groups appear',
    async run(world) {
      const [listener, speaker] = await world.clients(2);
      const known = await speaker.conversations.createGroup([listener.inboxId]);
      const followed = await world.follow((options) => listener.conversations.streamAllMessages(options));
      await known.sendText('known 0');
      await followed.until((message) => message.content === 'known 0', 'a message of a group that was there before');
      const added = [];
      for (let index = 0; index < 3; index++) {
        const group = await speaker.conversations.createGroup([listener.inboxId]);
        added.push(group);
        await group.sendText(`new ${index}`);
        await followed.until((message) => message.content === `new ${index}`, `the first message of new group ${index}`);
      }

      const dm = await speaker.conversations.createDm(listener.inboxId);
      await dm.sendText('direct');
      await followed.until((message) => message.content === 'direct', 'a message of a new direct conversation');
      for (const [index, group] of [known, ...added, dm].entries()) { await group.sendText(`last ${index}`); }
      await followed.until((message) => message.content === 'last 4', 'the last message');
      await pause(300);
      equal(
        contents(followed).sort(),
        ['direct', 'known 0', 'last 0', 'last 1', 'last 2', 'last 3', 'last 4', 'new 0', 'new 1', 'new 2'], 'everything that was streamed, once each');
      equal(followed.restarts, 0, 'restarts of the stream');
    },
  },
  {
    name: 'stream one conversation',
    async run(world) {
      const [listener, speaker] = await world.clients(2);
      const group = await speaker.conversations.createGroup([listener.inboxId]);
      const elsewhere = await speaker.conversations.createGroup([listener.inboxId]);
      const there = await joined(listener, group);
      const followed = await world.follow((options) => there.stream(options));
      const expected = Array.from({ length: 30 }, (_, index) => `message ${index}`);
      for (const text of expected) { await group.sendText(text); }
      await elsewhere.sendText('not for this stream');
      await followed.until((message) => message.content === expected.at(-1), 'the last message');
      await pause(300);
      equal(contents(followed), expected, 'messages of the stream, in order');
    },
  },
  {
    name: 'stream new conversations',
    async run(world) {
      const [listener, speaker] = await world.clients(2);
      await speaker.conversations.createGroup([listener.inboxId]);
      await listener.conversations.sync();
      const followed = await world.follow((options) => listener.conversations.stream(options));
      const made = [
        await speaker.conversations.createGroup([listener.inboxId]),
        await speaker.conversations.createDm(listener.inboxId),
        await speaker.conversations.createGroup([listener.inboxId]),
      ];
      await followed.until((conversation) => conversation.id === made[2].id, 'the last new conversation');
      equal(followed.values.map((conversation) => conversation.id), made.map((conversation) => conversation.id), 'conversations of the stream, in order');
    },
  },
  {
    name: 'a stream follows its group through commits',
    async run(world) {
      const [listener, speaker, third] = await world.clients(3);
      const group = await speaker.conversations.createGroup([listener.inboxId]);
      const followed = await world.follow((options) => listener.conversations.streamAllMessages(options));
      for (let round = 0; round < 3; round++) {
        await group.updateName(`name ${round}`);
        await group.sendText(`after name ${round}`);
        await group.addMembers([third.inboxId]);
        await group.sendText(`with three ${round}`);
        await group.removeMembers([third.inboxId]);
        await group.sendText(`with two ${round}`);
      }

      await followed.until((message) => message.content === 'with two 2', 'the message after the last commit');
      equal(
        contents(followed),
        [0, 1, 2].flatMap((round) => [`after name ${round}`, `with three ${round}`, `with two ${round}`]), 'messages between commits, in order');
    },
  },
];
