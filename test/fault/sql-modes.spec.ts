import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { errorOf, extensionOf, trunkOf } from '../support/envelope';
import { freshId, World } from '../support/world';
import { PrivateStack } from './support/private-stack';

const STRICT = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION';
const TEXTS = ["it's", 'back\\slash', "\\' OR 1=1 -- ", '" OR "" = "', '`x`', '%_', 'é😀', "'; DROP TABLE x; --"];

/** What a server's administrator may have set for everybody. */
const SETTINGS: [string, string][] = [
  ['as installed', `SET GLOBAL sql_mode = '${STRICT}'`],
  ['not strict', "SET GLOBAL sql_mode = ''"],
  ['without backslash escapes', `SET GLOBAL sql_mode = '${STRICT},NO_BACKSLASH_ESCAPES'`],
  [
    'in the words of another product',
    "SET GLOBAL sql_mode = 'ANSI,TRADITIONAL,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,NO_AUTO_VALUE_ON_ZERO'",
  ],
  [
    'with limits and without autocommit',
    "SET GLOBAL autocommit = 0, GLOBAL sql_select_limit = 1, GLOBAL sql_mode = '', GLOBAL character_set_client = latin1, GLOBAL character_set_connection = latin1, GLOBAL character_set_results = latin1",
  ],
  [
    'with transactions that go on or only read, and with small joins alone',
    'SET GLOBAL completion_type = CHAIN, GLOBAL tx_read_only = 1, GLOBAL max_join_size = 1',
  ],
];

const AS_INSTALLED = SETTINGS[0]?.[1] ?? '';
const RESET = [
  AS_INSTALLED,
  'SET GLOBAL completion_type = DEFAULT, GLOBAL tx_read_only = DEFAULT, GLOBAL max_join_size = DEFAULT',
  'SET GLOBAL autocommit = 1, GLOBAL sql_select_limit = DEFAULT',
  'SET GLOBAL character_set_client = utf8mb4, GLOBAL character_set_connection = utf8mb4, GLOBAL character_set_results = utf8mb4',
];

let stack: PrivateStack;

beforeAll(async () => {
  stack = await PrivateStack.up('mariadb');
}, 120_000);
afterAll(() => stack.down(), 60_000);

describe.each(SETTINGS)('a database server that is set %s', (_name, setting) => {
  let world: World;

  beforeAll(async () => {
    world = await World.open({
      replicas: 0,
      environment: { DIRECT_HASH: 'off', RESOURCE_LIMIT_CHECK: 'off', RECONCILE_INTERVAL_SECONDS: '1' },
    });
    // Our own sessions are from before, and so are not set that way.
    await world.asterisk.run('SELECT 1');
    await world.bin.run(setting);
    await world.startService();
  });
  afterAll(async () => {
    for (const statement of RESET) await world.bin.run(statement);
    await world.close();
  });

  it('stores and finds every text as it is', async () => {
    const customerId = freshId();
    for (const [index, text] of TEXTS.entries()) {
      const password = text.replace('😀', 'ö');
      const request = createExtension(customerId, {
        extension: `20${index}`,
        name: text,
        detail: text,
        password,
      });
      const made = extensionOf(await world.caller.post('/v1/extensions', request));
      expect(made).toMatchObject({ name: text, detail: text, password });
      const stored = await world.bin.row('SELECT hex(name) AS name, hex(password) AS password FROM registrar_extensions WHERE hex(id) = ?', [made.id.replaceAll('-', '')]); // oxfmt-ignore
      const hex = (plain: string): string => Buffer.from(plain).toString('hex').toUpperCase();
      expect(stored).toEqual({ name: hex(text), password: hex(password) });
      const changed = { name: `${text}!`, detail: text, password: '' };
      expect(extensionOf(await world.caller.put(`/v1/extensions/${made.id}`, changed)).name).toBe(`${text}!`);
      const page = await world.caller.get('/v1/extensions?page_size=100', {
        customer_id: customerId,
        name: `${text}!`,
      });
      expect((page.data as unknown[]).length).toBe(1);
      const trunk = createTrunk(customerId, { name: text, password });
      expect(trunkOf(await world.caller.post('/v1/trunks', trunk))).toMatchObject({ name: text, password });
    }
    const all = await world.caller.get('/v1/extensions?page_size=100', { customer_id: customerId, deleted: false });
    expect(all.data).toHaveLength(TEXTS.length);
  });

  it.each(["x' OR '1'='1", "\\' OR 1=1 -- ", '" OR ""="', '\\'])('finds nobody by %j', async (text) => {
    const customerId = freshId();
    extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId)));
    const filters = { customer_id: customerId, name: text };
    expect((await world.caller.get('/v1/extensions?page_size=10', filters)).data).toEqual([]);
    const uri = `/v1/extensions/extension/${encodeURIComponent(text)}`;
    expect((await world.caller.get(uri, { customer_id: customerId })).status_code).toBe(404);
    expect((await world.caller.get('/v1/contacts', { customer_id: customerId, extension: text })).data).toEqual([]);
  });

  it('refuses what a column cannot hold, and stores nothing else for it', async () => {
    await world.asterisk.run('ALTER TABLE ps_auths CONVERT TO CHARACTER SET utf8mb3');
    const reply = await world.caller.post('/v1/extensions', createExtension(freshId(), { password: 'pa😀ss12' }));
    expect(reply.status_code).toBe(400);
    expect(errorOf(reply).details).toEqual([{ field: 'body', rule: 'must hold only characters that the database can store' }]); // oxfmt-ignore
    for (const name of ['n'.repeat(256), 'é'.repeat(300)]) {
      expect((await world.caller.post('/v1/extensions', createExtension(freshId(), { name }))).status_code).toBe(400);
    }
    expect((await world.caller.post('/v1/extensions', createExtension(freshId()))).status_code).toBe(200);
  });

  it('shows no drift in what was written', async () => {
    const found = await world.service.metric('registrar_manager_reconcile_drift_found_total');
    expect(found).toBe(0);
    expect(world.service.logText()).not.toContain('could not be compared');
  });
});
