import { maskedPassword } from '../../terminal/password';
import { command, CUSTOMER, group, TRUNK } from '../../command';
import { BIN_READS, BIN_WRITES } from '../../needs';
import {
  allowedIps,
  customerId,
  detail,
  domain,
  force,
  id,
  name,
  PASSWORD,
  username,
  type Values,
} from '../../options';
import type { Session } from '../../session';
import { UsageError } from '../../terminal/exit-code';
import { readNewPassword, tellGenerated } from '../new-password';
import { PAGE, pageOf, tellNextPage } from '../page';
import { trunkMatch } from './trunk-match.command';
import { showTrunk, trunkDetail, trunkStatus, trunkView } from './trunk.view';

/** The settings of a trunk; create and update take the same flags. */
const SETTINGS = {
  domain: { ...domain, help: 'its domain name: the first part of its realm' },
  name,
  detail,
  username: { ...username, help: 'the digest user name; with a password it lets in by basic' },
  allowedIps,
  ...PASSWORD,
};
const CREATE = { customerId, ...SETTINGS };

const create = command({
  words: 'trunk create',
  description: 'create a trunk',
  options: CREATE,
  examples: [
    `trunk create --customer-id ${CUSTOMER} --domain acme-hq --allowed-ips 203.0.113.7,198.51.100.0/24`,
    `trunk create --customer-id ${CUSTOMER} --domain acme-hq --username acme --generate-password`,
  ],
  async run(session, options) {
    const values = await valuesOf(session, options);
    const { createTrunk } = await import('../requests.js');
    const request = createTrunk(values);
    const { trunks } = await session.open(BIN_WRITES);
    showTrunk(session, await trunks.writer.create(request));
    tellGenerated(session, options, request.password);
  },
});

async function valuesOf(session: Session, options: Values<typeof CREATE>) {
  const customer = await session.prompt.require(customerId, options.customerId);
  const domainName = await session.prompt.require(SETTINGS.domain, options.domain);
  const { username = '', allowedIps = [], name = '', detail = '' } = options;
  const given = await readNewPassword(session, options);
  // A user name without a password admits no caller, so a person is asked for a password.
  const isAsked = given === undefined && options.username !== undefined && session.terminal.isInteractive;
  const password = isAsked ? await session.prompt.newPassword() : (given ?? '');
  if (password !== '' && username === '') throw new UsageError(['--username is required with a password']);
  return { customerId: customer, domainName, name, detail, username, password, allowedIps };
}

const get = command({
  words: 'trunk get',
  description: 'show a trunk and what it lets in by',
  options: { id },
  examples: [`trunk get --id ${TRUNK}`],
  async run(session, options) {
    const trunkId = await session.prompt.require(id, options.id);
    const { trunks } = await session.open(BIN_READS);
    const trunk = await trunks.reader.get(trunkId);
    session.output.one({ ...trunk, status: trunkStatus(trunk) }, trunkDetail(trunk, session.output));
  },
});

const list = command({
  words: 'trunk list',
  description: "list a customer's trunks, newest first",
  options: { name: { ...name, help: 'only those with this name' }, ...PAGE },
  takesCsv: true,
  examples: [`trunk list --customer-id ${CUSTOMER} --limit 20`],
  async run(session, options) {
    const page = await pageOf(session, options, { name: options.name });
    const { trunks } = await session.open(BIN_READS);
    const found = await trunks.reader.list(page);
    await session.output.list(found, trunkView(session.output));
    tellNextPage(session, found, page.limit);
  },
});

const update = command({
  words: 'trunk update',
  description: 'change what is given of a trunk, its domain too',
  options: { id, ...SETTINGS },
  examples: [`trunk update --id ${TRUNK} --allowed-ips 203.0.113.7`, `trunk update --id ${TRUNK} --domain acme-berlin`],
  async run(session, options) {
    const trunkId = await session.prompt.require(id, options.id);
    const password = await readNewPassword(session, options);
    const { domain: domainName, name, detail, username, allowedIps } = options;
    const given = { password, domainName, name, detail, username, allowedIps };
    if (Object.values(given).every((value) => value === undefined)) {
      throw new UsageError([
        'nothing to change: give at least one of --name, --detail, --domain, --username, --password, --allowed-ips',
      ]);
    }
    const { changeTrunk } = await import('../requests.js');
    const changes = changeTrunk(given);
    const { trunks } = await session.open(BIN_WRITES);
    showTrunk(session, await trunks.writer.change(trunkId, changes));
    tellGenerated(session, options, password);
  },
});

const remove = command({
  words: 'trunk delete',
  description: 'delete a trunk; nobody gets in by it from then on',
  options: { force, id },
  examples: [`trunk delete --id ${TRUNK} --force`],
  async run(session, options) {
    const trunkId = await session.prompt.require(id, options.id);
    const { trunks } = await session.open(BIN_WRITES);
    await session.confirmDeletion('trunk', options.force, async () =>
      trunkDetail(await trunks.reader.get(trunkId), { password: maskedPassword }),
    );
    showTrunk(session, await trunks.writer.delete(trunkId));
  },
});

export const TRUNK_COMMANDS = [
  group({
    words: 'trunk',
    description: 'SIP identities of carriers and PBXes',
    examples: [`trunk list --customer-id ${CUSTOMER}`],
  }),
  create,
  get,
  list,
  update,
  remove,
  trunkMatch,
];
