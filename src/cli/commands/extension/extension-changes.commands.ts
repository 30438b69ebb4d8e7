import { command, CUSTOMER, EXTENSION } from '../../command';
import { WRITES } from '../../needs';
import {
  customerId,
  detail,
  extensionNumber,
  id,
  name,
  ownDomain,
  PASSWORD,
  username,
  type Values,
} from '../../options';
import type { Session } from '../../session';
import { UsageError } from '../../terminal/exit-code';
import { readNewPassword, tellGenerated } from '../new-password';
import { showExtension } from './extension.view';

const CREATE = {
  customerId,
  username: { ...username, help: 'the digest user name (required, or the number)' },
  extensionNumber: { ...extensionNumber, help: 'the address; the user name when left out' },
  name,
  detail,
  domain: ownDomain,
  ...PASSWORD,
};

export const create = command({
  words: 'extension create',
  description: 'create an extension',
  options: CREATE,
  examples: [
    `extension create --customer-id ${CUSTOMER} --username 2001 --generate-password`,
    `extension create --customer-id ${CUSTOMER} --username alice --extension-number 2001 --password-stdin < secret`,
  ],
  async run(session, options) {
    const values = await valuesOf(session, options);
    const { createExtension } = await import('../requests.js');
    const { namingFlags } = await import('../../terminal/failure.js');
    // Name a violation by the flag that was typed.
    const flags = options.extensionNumber === undefined ? { extension: '--username' } : {};
    const request = namingFlags(flags, () => createExtension(values));
    const { extensions } = await session.open(WRITES);
    showExtension(session, await extensions.writer.create(request));
    tellGenerated(session, options, request.password);
  },
});

async function valuesOf(session: Session, options: Values<typeof CREATE>) {
  const customer = await session.prompt.require(customerId, options.customerId);
  assertOwnDomain(options.domain, customer);
  const digestUser = await session.prompt.require(CREATE.username, options.username ?? options.extensionNumber);
  const password = (await readNewPassword(session, options)) ?? (await session.prompt.newPassword());
  if (password === '') throw new UsageError(['--password must not be empty']);
  return {
    customerId: customer,
    username: digestUser,
    extension: options.extensionNumber ?? digestUser,
    password,
    name: options.name ?? '',
    detail: options.detail ?? '',
  };
}

export const update = command({
  words: 'extension update',
  description: 'change what is given of an extension, its number and user name too',
  options: {
    id,
    username: { ...username, help: 'the new digest user name' },
    extensionNumber: { ...extensionNumber, help: 'the new number; registrations of the old one end' },
    name,
    detail,
    domain: ownDomain,
    ...PASSWORD,
  },
  examples: [
    `extension update --id ${EXTENSION} --name "front desk"`,
    `extension update --id ${EXTENSION} --extension-number 2002 --generate-password`,
  ],
  async run(session, options) {
    const extensionId = await session.prompt.require(id, options.id);
    const password = await readNewPassword(session, options);
    const { username, extensionNumber: extension, name, detail, domain } = options;
    if ([password, username, extension, name, detail, domain].every((value) => value === undefined)) {
      throw new UsageError([
        'nothing to change: give at least one of --name, --detail, --password, --username, --extension-number, --domain',
      ]);
    }
    const { changeExtension } = await import('../requests.js');
    const changes = changeExtension({ password, username, extension, name, detail });
    const { extensions } = await session.open(WRITES);
    if (domain !== undefined) assertOwnDomain(domain, (await extensions.reader.get(extensionId)).customer_id);
    showExtension(session, await extensions.writer.change(extensionId, changes));
    tellGenerated(session, options, password);
  },
});

/** The domain of an extension is made from the customer id and cannot be chosen; --domain may only name that one. */
function assertOwnDomain(domain: string | undefined, customer: string): void {
  const given = domain?.toLowerCase();
  if (given === undefined || given === customer || given.startsWith(`${customer}.`)) return;
  throw new UsageError(['--domain cannot be chosen: the extensions of a customer are in <customer id>.<base domain>']);
}
