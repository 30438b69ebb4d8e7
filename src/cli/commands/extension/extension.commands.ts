import { maskedPassword } from '../../terminal/password';
import { command, CUSTOMER, EXTENSION, group } from '../../command';
import { extensionNumber, force, id } from '../../options';
import { BIN_READS, BIN_WRITES, READS, WRITES } from '../../needs';
import { PAGE, pageOf, tellNextPage } from '../page';
import { create, update } from './extension-changes.commands';
import { diagnose } from './extension-diagnose.command';
import { exportExtensions } from './extension-export.command';
import { importExtensions } from './extension-import.command';
import { extensionDetail, extensionView, showExtension } from './extension.view';

const get = command({
  words: 'extension get',
  description: 'show an extension and who is registered',
  options: { id },
  examples: [`extension get --id ${EXTENSION}`],
  async run(session, options) {
    const extensionId = await session.prompt.require(id, options.id);
    const { findRegistration, registrationDetail, registrationOf } = await import('./extension.registration.js');
    const { extensions, contacts, asterisk } = await session.open(READS);
    const extension = await extensions.reader.get(extensionId);
    const found = await findRegistration(extension, { contacts, asterisk });
    const nowMs = Date.now();
    const registration = registrationOf(extension, found.contacts, found.aor, nowMs);
    session.output.one({ ...extension, ...registration }, [
      ...extensionDetail(extension, session.output),
      ...registrationDetail(registration, found.aor, nowMs),
    ]);
  },
});

const list = command({
  words: 'extension list',
  description: "list a customer's extensions, newest first",
  options: { extensionNumber: { ...extensionNumber, help: 'only the one with this number' }, ...PAGE },
  takesCsv: true,
  examples: [
    `extension list --customer-id ${CUSTOMER}`,
    `extension list --customer-id ${CUSTOMER} --extension-number 2001 --format csv`,
  ],
  async run(session, options) {
    const page = await pageOf(session, options, { extension: options.extensionNumber });
    const { extensions } = await session.open(BIN_READS);
    const found = await extensions.reader.list(page);
    await session.output.list(found, extensionView(session.output));
    tellNextPage(session, found, page.limit);
  },
});

const remove = command({
  words: 'extension delete',
  description: 'delete an extension; its registrations end',
  options: { force, id },
  examples: [`extension delete --id ${EXTENSION}`, `extension delete --id ${EXTENSION} --force`],
  async run(session, options) {
    const extensionId = await session.prompt.require(id, options.id);
    const { extensions } = await session.open(WRITES);
    await session.confirmDeletion('extension', options.force, async () =>
      extensionDetail(await extensions.reader.get(extensionId), { password: maskedPassword }),
    );
    showExtension(session, await extensions.writer.delete(extensionId));
  },
});

const regenerateHash = command({
  words: 'extension regenerate-hash',
  description: 'replace the hash by which an extension is dialled directly',
  options: { id },
  examples: [`extension regenerate-hash --id ${EXTENSION}`],
  async run(session, options) {
    const extensionId = await session.prompt.require(id, options.id);
    const { extensions } = await session.open(BIN_WRITES);
    showExtension(session, await extensions.writer.regenerateDirectHash(extensionId));
  },
});

export const EXTENSION_COMMANDS = [
  group({
    words: 'extension',
    description: 'SIP accounts of people',
    examples: [`extension list --customer-id ${CUSTOMER}`],
  }),
  create,
  get,
  diagnose,
  list,
  update,
  remove,
  regenerateHash,
  importExtensions,
  exportExtensions,
];
