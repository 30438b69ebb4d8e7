import { randomUUID } from 'node:crypto';
import { CreateExtensionDto, FindExtensionDto, UpdateExtensionDto } from '../../src/extension/extension.dto';
import { ExtensionReader } from '../../src/extension/extension.reader';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { AsteriskDatabase, BinDatabase } from '../../src/platform/database/source/databases';
import { Outbox } from '../../src/platform/messaging/outbox/outbox';
import { CreateTrunkDto, UpdateTrunkDto } from '../../src/trunk/trunk.dto';
import { TrunkReader } from '../../src/trunk/trunk.reader';
import { TrunkWriter } from '../../src/trunk/trunk.writer';
import { Application } from '../support/application';

/** Every packet of statements costs a round trip, and every caller waits for it: these numbers only go down. */
describe('round trips to the databases', () => {
  let app: Application;
  let extensions: ExtensionReader;
  let extensionWriter: ExtensionWriter;
  let trunks: TrunkReader;
  let trunkWriter: TrunkWriter;
  let outbox: Outbox;
  const customerId = randomUUID();
  const statements: string[] = [];

  beforeAll(async () => {
    // Nothing listens there: every read goes to the database.
    app = await Application.open({ environment: { REDIS_ADDRESS: '127.0.0.1:1' } });
    extensions = app.module.get(ExtensionReader, { strict: false });
    extensionWriter = app.module.get(ExtensionWriter, { strict: false });
    trunks = app.module.get(TrunkReader, { strict: false });
    trunkWriter = app.module.get(TrunkWriter, { strict: false });
    outbox = app.module.get(Outbox);
    for (const { name, dataSource } of [app.module.get(BinDatabase), app.module.get(AsteriskDatabase)]) {
      dataSource.setOptions({
        logging: ['query'],
        logger: {
          logQuery: (packet) => void statements.push(`${name} ${packet.split(';\n').map(summaryOf).join(', ')}`),
          logQueryError: () => undefined,
          logQuerySlow: () => undefined,
          logSchemaBuild: () => undefined,
          logMigration: () => undefined,
          log: () => undefined,
        },
      });
    }
  });
  afterAll(() => app.close());

  const summaryOf = (sql: string): string => `${/^\s*(\w+)/.exec(sql)?.[1] ?? ''} ${tableOf(sql)}`.trim();
  const tableOf = (sql: string): string => /\b(registrar_\w+|ps_\w+)/.exec(sql)?.[1] ?? '';

  async function during(work: () => Promise<unknown>): Promise<string[]> {
    await outbox.flush(2_000);
    statements.length = 0;
    await work();
    // What goes on after the answer (the event's own row) is nobody's waiting time.
    return statements.filter((statement) => !/^bin (UPDATE|DELETE) registrar_outbox/.test(statement));
  }

  const newExtension = (extension: string): CreateExtensionDto =>
    Object.assign(new CreateExtensionDto(), { customerId, extension, password: 'p', name: '', detail: '' });
  const change = (password: string): UpdateExtensionDto =>
    Object.assign(new UpdateExtensionDto(), { name: 'n', detail: 'd', password });
  const list = { limit: 10, before: undefined, filters: new Map([['customer_id', customerId]]) };

  it('of an extension', async () => {
    let id = '';
    const create = await during(async () => ({ id } = await extensionWriter.create(newExtension('1'))));
    const get = await during(() => extensions.get(id));
    const byNumber = await during(() =>
      extensions.getByNumber('1', Object.assign(new FindExtensionDto(), { customerId })),
    );
    const page = await during(() => extensions.list(list));
    const count = await during(() => extensions.count(customerId));
    const describe = await during(() => extensionWriter.update(id, change('')));
    const password = await during(() => extensionWriter.update(id, change('other')));
    const remove = await during(() => extensionWriter.delete(id));
    const again = await during(() => extensionWriter.delete(id));
    expect({ create, get, byNumber, page, count, describe, password, remove, again }).toMatchInlineSnapshot(`
{
  "again": [
    "bin START, SELECT registrar_extensions",
    "bin COMMIT",
  ],
  "byNumber": [
    "bin SELECT registrar_extensions",
  ],
  "count": [
    "bin SELECT registrar_extensions",
  ],
  "create": [
    "bin SELECT registrar_extensions",
    "bin START, INSERT registrar_extensions, INSERT registrar_sip_auths, INSERT registrar_outbox",
    "asterisk START, INSERT ps_aors, INSERT ps_auths, INSERT ps_endpoints, DELETE ps_contacts",
    "bin COMMIT",
    "asterisk COMMIT",
  ],
  "describe": [
    "bin START, SELECT registrar_extensions",
    "bin UPDATE registrar_extensions, INSERT registrar_sip_auths, INSERT registrar_outbox, SELECT registrar_outbox",
    "bin COMMIT",
  ],
  "get": [
    "bin SELECT registrar_extensions",
  ],
  "page": [
    "bin SELECT registrar_extensions",
  ],
  "password": [
    "bin START, SELECT registrar_extensions",
    "bin UPDATE registrar_extensions, INSERT registrar_sip_auths, INSERT registrar_outbox, SELECT registrar_outbox",
    "asterisk START, DELETE ps_contacts, UPDATE ps_auths",
    "bin COMMIT",
    "asterisk COMMIT",
  ],
  "remove": [
    "bin START, SELECT registrar_extensions",
    "bin UPDATE registrar_extensions, DELETE registrar_sip_auths, INSERT registrar_outbox, SELECT registrar_outbox",
    "asterisk START, DELETE ps_endpoints, DELETE ps_auths, DELETE ps_aors, DELETE ps_contacts",
    "asterisk COMMIT",
    "bin COMMIT",
  ],
}
`);
  });

  it('of a trunk', async () => {
    const settings = { name: '', detail: '', authTypes: ['basic'], username: 'u', password: 'p', allowedIps: [] };
    let id = '';
    const create = await during(async () => {
      const request = Object.assign(new CreateTrunkDto(), settings, { customerId, domainName: 'acme' });
      ({ id } = await trunkWriter.create(request));
    });
    const get = await during(() => trunks.get(id));
    const byDomain = await during(() => trunks.getByDomain('acme'));
    const page = await during(() => trunks.list(list));
    const update = await during(() => trunkWriter.update(id, Object.assign(new UpdateTrunkDto(), settings)));
    const remove = await during(() => trunkWriter.delete(id));
    expect({ create, get, byDomain, page, update, remove }).toMatchInlineSnapshot(`
{
  "byDomain": [
    "bin SELECT registrar_trunks",
  ],
  "create": [
    "bin SELECT registrar_trunks",
    "bin START, INSERT registrar_trunks, INSERT registrar_sip_auths, INSERT registrar_outbox",
    "bin COMMIT",
  ],
  "get": [
    "bin SELECT registrar_trunks",
  ],
  "page": [
    "bin SELECT registrar_trunks",
  ],
  "remove": [
    "bin START, SELECT registrar_trunks",
    "bin UPDATE registrar_trunks, DELETE registrar_sip_auths, INSERT registrar_outbox, SELECT registrar_outbox",
    "bin COMMIT",
  ],
  "update": [
    "bin START, SELECT registrar_trunks",
    "bin UPDATE registrar_trunks, INSERT registrar_sip_auths, INSERT registrar_outbox, SELECT registrar_outbox",
    "bin COMMIT",
  ],
}
`);
  });
});
