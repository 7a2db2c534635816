import { equal, eventually, truth } from '../clients/check.mjs';
import { joined, memberIds, read, texts } from '../clients/world.mjs';

export const groups = [
  {
    name: 'a group with one member',
    async run(world) {
      const client = await world.client();
      const group = await client.conversations.createGroup([], { groupName: 'alone' });
      await group.sendText('note to self');
      await group.sync();
      equal(await memberIds(group), [client.inboxId], 'members');
      equal(await texts(group), ['note to self'], 'messages');
    },
  },
  {
    name: 'a group with two members',
    async run(world) {
      const [first, second] = await world.clients(2);
      const group = await first.conversations.createGroup([second.inboxId], { groupName: 'two' });
      await group.sendText('hello');
      const other = await joined(second, group);
      equal(other.name, 'two', 'group name at the other member');
      equal(await texts(other), ['hello'], 'what the other member reads');
      await other.sendText('hello back');
      await group.sync();
      equal(await texts(group), ['hello', 'hello back'], 'what the creator reads');
    },
  },
  {
    name: 'a group with six members, invited through welcome pointers',
    seconds: 90,
    async run(world) {
      const [first, ...rest] = await world.clients(6);
      const group = await first.conversations.createGroup(rest.map((each) => each.inboxId));
      await group.sendText('welcome, all of you');
      const others = await Promise.all(rest.map((each) => joined(each, group)));
      for (const [index, other] of others.entries()) {
        equal(await texts(other), ['welcome, all of you'], `what member ${index + 1} reads`);
        equal((await memberIds(other)).length, 6, `how many members member ${index + 1} sees`);
      }

      for (const [index, other] of others.entries()) {
        await other.sync();
        await other.sendText(`from ${index + 1}`);
      }

      const expected = ['welcome, all of you', ...others.map((_, index) => `from ${index + 1}`)];
      for (const each of [group, ...others]) {
        await each.sync();
        equal(await texts(each), expected, 'the conversation at every member');
      }
    },
  },
  {
    name: 'a direct conversation, both sides',
    async run(world) {
      const [first, second] = await world.clients(2);
      const here = await first.conversations.createDm(second.inboxId);
      await here.sendText('ping');
      const there = await joined(second, here);
      equal(await texts(there), ['ping'], 'what the other side reads');
      await there.sendText('pong');
      await here.sync();
      equal(await texts(here), ['ping', 'pong'], 'what the first side reads');
    },
  },
  {
    name: 'a direct conversation that both sides started',
    async run(world) {
      const [firstAccount, secondAccount] = [world.account(), world.account()];
      const first = await world.client({ account: firstAccount });
      const second = await world.client({ account: secondAccount });
      const [here, there] = await Promise.all([
        first.conversations.createDmWithIdentifier(secondAccount.identifier),
        second.conversations.createDmWithIdentifier(firstAccount.identifier),
      ]);
      await here.sendText('from the first');
      await there.sendText('from the second');
      for (const [client, peer] of [[first, second], [second, first]]) {
        await client.conversations.syncAll();
        const dm = await client.conversations.getDmByInboxId(peer.inboxId);
        equal((await texts(dm)).sort(), ['from the first', 'from the second'], `the stitched conversation of ${client.inboxId}`);
      }
    },
  },
  {
    name: 'remove a member and add it again',
    async run(world) {
      const [first, second, third] = await world.clients(3);
      const group = await first.conversations.createGroup([second.inboxId, third.inboxId]);
      const there = await joined(second, group);
      const witness = await joined(third, group);
      await group.removeMembers([second.inboxId]);
      await group.sendText('while it was away');
      await there.sync();
      equal(await read(there, 'isActive'), false, 'isActive of the removed member');
      equal(await memberIds(group), [first.inboxId, third.inboxId].sort(), 'members after the removal');

      await group.addMembers([second.inboxId]);
      await group.sendText('welcome back');
      const back = await joined(second, group);
      equal(await read(back, 'isActive'), true, 'isActive after it was added again');
      equal(await texts(back), ['welcome back'], 'what it reads after it was added again');
      await back.sendText('thank you');
      await witness.sync();
      equal(await texts(witness), ['while it was away', 'welcome back', 'thank you'], 'what the member that stayed reads');
    },
  },
  {
    name: 'change metadata, permissions and admins',
    async run(world) {
      const { MetadataField, PermissionPolicy, PermissionUpdateType } = world.sdk;
      const [first, second] = await world.clients(2);
      const group = await first.conversations.createGroup([second.inboxId], { groupName: 'before' });
      const there = await joined(second, group);

      await group.updateName('after');
      await group.updateDescription('what it is for');
      await group.updateImageUrl('https://example.org/picture.png');
      await group.addAdmin(second.inboxId);
      await group.updatePermission(PermissionUpdateType.UpdateMetadata, PermissionPolicy.Admin, MetadataField.GroupName);
      await there.sync();
      equal(
        [there.name, there.description, there.imageUrl],
        ['after', 'what it is for', 'https://example.org/picture.png'], 'metadata at the other member');
      equal(await there.isAdmin(second.inboxId), true, 'isAdmin of the new admin');

      await there.updateName('by the admin');
      await group.sync();
      equal(group.name, 'by the admin', 'the name that the admin gave');
      await group.addSuperAdmin(second.inboxId);
      await group.removeAdmin(second.inboxId);
      await group.updateMessageDisappearingSettings(1_000_000_000n, 3_600_000_000_000n);
      await there.sync();
      equal(await there.isSuperAdmin(second.inboxId), true, 'isSuperAdmin of the new super admin');
      equal(await there.isAdmin(second.inboxId), false, 'isAdmin after it was taken away');
      equal(await there.isMessageDisappearingEnabled(), true, 'disappearing messages at the other member');
    },
  },
  {
    name: 'three members race for the next commit',
    async run(world) {
      const clients = await world.clients(3);
      const group = await clients[0].conversations.createGroup(clients.slice(1).map((each) => each.inboxId));
      const views = [group, ...(await Promise.all(clients.slice(1).map((each) => joined(each, group))))];
      // A member's first commit after it joined comes with a key update; out of the way first.
      for (const view of views) {
        await view.sync();
        await view.sendText('here');
      }

      await Promise.all(views.map((view) => view.sync()));
      const outcomes = await Promise.allSettled(views.map((view, index) => view.updateDescription(`by ${index}`)));
      equal(outcomes.map((each) => each.reason?.message ?? 'ok'), ['ok', 'ok', 'ok'], 'outcome of the three commits');
      const changes = [];
      for (const view of views) {
        await view.sync();
        const updates = (await view.messages()).flatMap((message) => message.content?.metadataFieldChanges ?? []);
        changes.push(updates.map((change) => change.newValue));
        equal((await view.debugInfo()).maybeForked, false, 'maybeForked');
      }

      equal([...changes[0]].sort(), ['by 0', 'by 1', 'by 2'], 'the changes that the first member saw');
      equal(changes[1], changes[0], 'the second member saw the same changes in the same order');
      equal(changes[2], changes[0], 'the third member saw the same changes in the same order');
      equal(views.map((view) => view.description), Array(3).fill(changes[0].at(-1)), 'description at all members');
    },
  },
  {
    name: 'ten members send at once after a warm-up message each',
    seconds: 120,
    async run(world) {
      const clients = await world.clients(10);
      const group = await clients[0].conversations.createGroup(clients.slice(1).map((each) => each.inboxId));
      const views = [group, ...(await Promise.all(clients.slice(1).map((each) => joined(each, group))))];
      for (const [index, view] of views.entries()) {
        await view.sync();
        await view.sendText(`warm-up ${index}`);
      }

      await Promise.all(views.map((view) => view.sync()));
      await Promise.all(views.map((view, index) => view.sendText(`at once ${index}`)));
      const expected = ['warm-up', 'at once'].flatMap((text) => views.map((_, index) => `${text} ${index}`)).sort();
      for (const [index, view] of views.entries()) {
        await view.sync();
        equal((await texts(view)).sort(), expected, `what member ${index} reads`);
      }
    },
  },
  {
    name: 'people of several groups at once',
    async run(world) {
      const [hub, ...spokes] = await world.clients(4);
      const made = await Promise.all(spokes.map((each, index) => each.conversations.createGroup([hub.inboxId], { groupName: `${index}` })));
      await Promise.all(made.map((group, index) => group.sendText(`in ${index}`)));
      await hub.conversations.syncAll();
      const listed = await hub.conversations.list();
      equal(listed.map((group) => group.name).sort(), ['0', '1', '2'], 'groups that syncAll brought');
      for (const group of listed) {
        equal(await texts(group), [`in ${group.name}`], 'messages that syncAll brought');
      }

      await made[1].sendText('news');
      await eventually(
        async () => {
          await hub.conversations.syncAll();
          const changed = await hub.conversations.getConversationById(made[1].id);
          return (await texts(changed)).at(-1) === 'news';
        },
        'syncAll finds the one group that has news', 10_000);
      truth((await texts(made[0])).length === 1, 'nothing in the other groups');
    },
  },
];
