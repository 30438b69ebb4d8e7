import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { DataSource, type Logger } from 'typeorm';
import { type MysqlAddress, parseDsn } from '../../src/platform/database/source/dsn';
import { isDuplicateKey } from '../../src/platform/database/mysql-errors';
import { createDatabaseIfMissing } from '../../src/platform/database/schema/database-creation';
import { schemaLockName } from '../../src/platform/database/lock/named-lock';
import { SchemaIncomplete, type SchemaSide, sqlToRun } from '../../src/platform/database/schema/schema-report';
import { SchemaApplier } from '../../src/platform/database/schema/schema.service';

const dsn = process.env['DATABASE_DSN_BIN'];
if (dsn === undefined) throw new Error('DATABASE_DSN_BIN names the server; npm test sets it');
const server = parseDsn(dsn);

const FIXTURE = readFileSync(join(__dirname, '../support/fixtures/original-schema.sql'), 'utf8');
const [, ORIGINAL_BIN = '', ORIGINAL_ASTERISK = ''] = FIXTURE.split(/^-- database .*$/m);
const ORIGINAL: Record<SchemaSide, string> = { bin: ORIGINAL_BIN, asterisk: ORIGINAL_ASTERISK };

/** How versions that kept TypeORM's migrations recorded them. */
const MIGRATIONS_TABLE = 'registrar_migrations';
const RECORDED_MIGRATION = `
  create table ${MIGRATIONS_TABLE} (
    id int not null auto_increment primary key, timestamp bigint not null, name varchar(255) not null
  );
  insert into ${MIGRATIONS_TABLE} (timestamp, name) values (1763800000001, 'BinTables1763800000001')`;

/** The SQL of the record that says how the additions are taken back. */
const RECORD = readFileSync(
  join(__dirname, '../../docs/decisions/0035-the-schema-is-compared-not-migrated.md'),
  'utf8',
);
const [, BACK_IN_BIN = '', BACK_IN_ASTERISK = ''] = RECORD.split(/^-- database .*$|^```$/m);
const TAKEN_BACK: Record<SchemaSide, string> = { bin: BACK_IN_BIN, asterisk: BACK_IN_ASTERISK };

const ADDED_COLUMNS = [
  'registrar_extensions.alive_key binary(32)',
  'registrar_extensions.alive_username_key binary(32)',
  'registrar_outbox.attempts int NOT NULL',
  'registrar_outbox.cache_keys text NOT NULL',
  'registrar_outbox.claimed_by varchar(64)',
  'registrar_outbox.claimed_until datetime(6)',
  'registrar_outbox.id bigint unsigned NOT NULL',
  'registrar_outbox.payload mediumtext NOT NULL',
  'registrar_outbox.publisher varchar(64) NOT NULL',
  'registrar_outbox.resource_id binary(16) NOT NULL',
  'registrar_outbox.tm_create datetime(6) NOT NULL',
  'registrar_outbox.tm_published datetime(6)',
  'registrar_outbox.type varchar(64) NOT NULL',
  'registrar_trunks.alive_key binary(32)',
];
/** Where we make Asterisk's tables they have one: some servers demand it. */
const PRIMARY_KEYS = ['ps_aors', 'ps_auths', 'ps_contacts', 'ps_endpoints'].map(
  (table) => `${table} unique PRIMARY(id)`,
);
const ADDED_INDEXES: Record<SchemaSide, string[]> = {
  bin: [
    'registrar_extensions idx_registrar_extensions_customer_create(customer_id,tm_create)',
    'registrar_extensions idx_registrar_extensions_customer_delete(customer_id,tm_delete)',
    'registrar_extensions idx_registrar_extensions_customer_extension(customer_id,extension)',
    'registrar_extensions idx_registrar_extensions_endpoint_id(endpoint_id)',
    'registrar_extensions unique uq_registrar_extensions_alive(alive_key)',
    'registrar_extensions unique uq_registrar_extensions_alive_username(alive_username_key)',
    'registrar_outbox idx_registrar_outbox_resource(resource_id,id)',
    'registrar_outbox idx_registrar_outbox_tm_create(tm_create)',
    'registrar_outbox unique PRIMARY(id)',
    'registrar_trunks idx_registrar_trunks_customer_create(customer_id,tm_create)',
    'registrar_trunks idx_registrar_trunks_customer_delete(customer_id,tm_delete)',
    'registrar_trunks unique uq_registrar_trunks_alive(alive_key)',
  ],
  asterisk: ['ps_contacts idx_ps_contacts_endpoint(endpoint)', ...PRIMARY_KEYS],
};

/** The one column that a primary key changes. */
const withPrimaryKeys = (columns: readonly string[]): string[] =>
  columns.map((column) => (column === 'ps_contacts.id varchar(255)' ? `${column} NOT NULL` : column));

/** Remembers every statement a data source sends. */
class StatementLog implements Logger {
  readonly statements: string[] = [];
  logQuery(query: string): void {
    this.statements.push(query);
  }
  changes(): string[] {
    return this.statements.filter((sql) => !/^\s*(select|show|set session)\b/i.test(sql));
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

let admin: Connection;
const databases: string[] = [];
const opened: DataSource[] = [];
const applier = new SchemaApplier();

beforeAll(async () => {
  admin = await createConnection({ ...login(server), multipleStatements: true });
});

afterAll(async () => {
  for (const source of opened) await source.destroy();
  for (const name of databases) await admin.query(`drop database if exists ${name}`);
  await admin.end();
});

function login({ user, password, host, port, socketPath }: MysqlAddress): Record<string, unknown> {
  return { user, password, ...(socketPath === undefined ? { host, port } : { socketPath }) };
}

function newName(): string {
  const name = `registrar_test_schema_${randomBytes(6).toString('hex')}`;
  databases.push(name);
  return name;
}

async function newDatabase(sql = '', charset = 'utf8mb4'): Promise<string> {
  const name = newName();
  await admin.query(
    `create database ${name} character set ${charset} collate ${charset}_general_ci; use ${name};${sql}`,
  );
  return name;
}

async function open(database: string, logger = new StatementLog(), more = {}): Promise<DataSource> {
  const source = new DataSource({
    type: 'mysql',
    ...login(server),
    ...(server.socketPath === undefined ? {} : { socketPath: server.socketPath }),
    username: server.user,
    database,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    logging: true,
    logger,
    ...more,
  });
  opened.push(await source.initialize());
  return source;
}

async function rows(sql: string, parameters: unknown[] = []): Promise<RowDataPacket[]> {
  const [found] = await admin.query<RowDataPacket[]>(sql, parameters);
  return found;
}

/** Every column, its type and whether it takes NULL; display widths, which MySQL no longer has, left out. */
async function columnsOf(database: string): Promise<string[]> {
  const found = await rows(
    `select table_name as t, column_name as c, column_type as k, is_nullable as n, character_set_name as s
     from information_schema.columns where table_schema = ?`,
    [database],
  );
  return found
    .map(({ t, c, k, n }) => {
      const type = String(k)
        .replace(/^((?:big)?int)\(\d+\)/, '$1')
        .replace(/^longtext$/, 'json');
      return `${String(t)}.${String(c)} ${type}${n === 'NO' ? ' NOT NULL' : ''}`;
    })
    .sort();
}

async function indexesOf(database: string): Promise<string[]> {
  const found = await rows(
    `select concat(table_name, ' ', if(min(non_unique) = 0, 'unique ', ''), index_name, '(',
       group_concat(column_name order by seq_in_index), ')') as text
     from information_schema.statistics where table_schema = ? group by table_name, index_name`,
    [database],
  );
  return found.map(({ text }) => String(text)).sort();
}

const id = (): Buffer => randomBytes(16);

async function insertExtension(database: string, customer: Buffer, extension: string, tmDelete: string | null = null) {
  const row = id();
  await admin.query(
    `insert into ${database}.registrar_extensions (id, customer_id, extension, username, tm_create, tm_delete)
     values (?, ?, ?, ?, now(6), ?)`,
    [row, customer, extension, extension, tmDelete],
  );
  return row;
}

const uuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

describe.each(['bin', 'asterisk'] as const)('an empty server, database %s', (side) => {
  it('gets the complete schema, and a second run changes nothing', async () => {
    const database = newName();
    const address = { ...server, database };
    expect(await createDatabaseIfMissing(address)).toBe(true);
    expect(await createDatabaseIfMissing(address)).toBe(false);

    const first = await applier.apply(await open(database), side);
    expect(first).toMatchObject({ which: side, missing: [], duplicates: [], problems: [] });
    expect(first.applied.length).toBeGreaterThan(4);

    const original = await newDatabase(ORIGINAL[side]);
    const added = side === 'bin' ? ADDED_COLUMNS : [];
    expect(await columnsOf(database)).toEqual(withPrimaryKeys([...(await columnsOf(original)), ...added]).sort());
    expect(await indexesOf(database)).toEqual([...(await indexesOf(original)), ...ADDED_INDEXES[side]].sort());
    const [collation] = await rows(
      `select group_concat(distinct table_collation) as names from information_schema.tables
       where table_schema = ?`,
      [database],
    );
    expect(collation).toEqual({ names: 'utf8mb4_general_ci' });

    const log = new StatementLog();
    const again = await applier.apply(await open(database, log), side);
    expect(again).toEqual({ which: side, applied: [], missing: [], duplicates: [], problems: [] });
    expect(log.changes()).toEqual([]);
    expect(log.statements.length).toBeGreaterThan(5);
  });

  it('is verified without a change, and the SQL it prints makes it complete', async () => {
    const database = await newDatabase();
    const log = new StatementLog();
    const source = await open(database, log);
    const report = await applier.verify(source, side);
    expect(report.missing.filter(({ required }) => required)).toHaveLength(4);
    expect(log.changes()).toEqual([]);

    await admin.query(`use ${database}; ${sqlToRun(report)}`);
    expect(await applier.verify(source, side)).toMatchObject({ missing: [], duplicates: [], problems: [] });
    const fresh = await newDatabase();
    await applier.apply(await open(fresh), side);
    expect(await columnsOf(database)).toEqual(await columnsOf(fresh));
    expect(await indexesOf(database)).toEqual(await indexesOf(fresh));
  });

  it('two appliers at once both end with the complete schema', async () => {
    const database = await newDatabase();
    const sources = await Promise.all([open(database), open(database), open(database)]);
    const reports = await Promise.all(sources.map((source) => applier.apply(source, side)));
    for (const report of reports) expect(report).toMatchObject({ missing: [], problems: [] });
    // Every step was applied by exactly one of them.
    expect(reports.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  });

  it('is what it was once the additions are taken back by hand, and gets them again', async () => {
    const database = await newDatabase();
    const source = await open(database);
    await applier.apply(source, side);
    await admin.query(`use ${database}; ${TAKEN_BACK[side]}`);
    const original = await newDatabase(ORIGINAL[side]);
    expect(await columnsOf(database)).toEqual(withPrimaryKeys(await columnsOf(original)));
    const ours = side === 'asterisk' ? PRIMARY_KEYS : [];
    expect(await indexesOf(database)).toEqual([...(await indexesOf(original)), ...ours].sort());
    expect(await applier.apply(source, side)).toMatchObject({ missing: [] });
  });
});

it.each(['bin', 'asterisk'] as const)(
  'database %s of an earlier version keeps its record of migrations',
  async (side) => {
    const database = await newDatabase(`${ORIGINAL[side]}${RECORDED_MIGRATION}`);
    const source = await open(database);
    expect((await applier.apply(source, side)).applied.length).toBeGreaterThan(0);
    expect(await applier.verify(source, side)).toMatchObject({ missing: [], problems: [] });
    expect(await rows(`select name from ${database}.${MIGRATIONS_TABLE}`)).toEqual([
      { name: 'BinTables1763800000001' },
    ]);
  },
);

describe.each(['utf8mb4', 'utf8mb3'])('an old installation in %s', (charset) => {
  it('keeps its rows, gets additions only, and the key once its duplicates are gone', async () => {
    const database = await newDatabase(ORIGINAL.bin, charset);
    const [customer, other] = [id(), id()];
    const kept = await insertExtension(database, customer, '2001');
    const sentinel = await insertExtension(database, customer, '2001', '9999-01-01 00:00:00.000000');
    for (const day of ['01', '02', '02']) {
      await insertExtension(database, customer, '2001', `2025-01-${day} 00:00:00.000000`);
    }
    await insertExtension(database, other, '2001');
    await insertExtension(database, customer, 'abc');
    await insertExtension(database, other, 'ABC');
    const [trunk, twin] = [id(), id()];
    const addTrunk = 'registrar_trunks (id, customer_id, domain_name, password) values (?, ?, ?, ?)';
    await admin.query(`insert into ${addTrunk}`, [trunk, customer, 'a.example', 'CANARY']);
    await admin.query(`insert into ${addTrunk}`, [twin, other, 'A.example', 'CANARY']);
    const columnsBefore = await columnsOf(database);
    const dump = 'select * from registrar_extensions order by id';
    const rowsBefore = await rows(dump);

    const source = await open(database);
    const report = await applier.apply(source, 'bin');
    expect(report.missing.map(({ name, required }) => ({ name, required }))).toEqual([
      { name: 'add unique key uq_registrar_extensions_alive', required: false },
      { name: 'add unique key uq_registrar_extensions_alive_username', required: false },
      { name: 'add unique key uq_registrar_trunks_alive', required: false },
    ]);
    const ofExtension = [kept, sentinel].sort((a, b) => a.compare(b));
    const ofTrunk = [trunk, twin].sort((a, b) => a.compare(b));
    expect(report.duplicates).toMatchObject([
      {
        key: 'uq_registrar_extensions_alive',
        value: '2001',
        rows: ofExtension.map((row) => ({ id: uuid(row), customerId: uuid(customer) })),
      },
      { key: 'uq_registrar_extensions_alive_username', value: '2001' },
      { key: 'uq_registrar_trunks_alive', rows: ofTrunk.map((row) => ({ id: uuid(row) })) },
    ]);
    expect(JSON.stringify(report)).not.toContain('CANARY');
    expect(await columnsOf(database)).toEqual([...columnsBefore, ...ADDED_COLUMNS].sort());
    expect(await rows(dump)).toEqual(rowsBefore);
    expect(await applier.verify(source, 'bin')).toEqual({ ...report, applied: [] });

    await admin.query('update registrar_extensions set tm_delete = now(6) where id = ?', [sentinel]);
    await admin.query('update registrar_trunks set tm_delete = now(6) where id = ?', [twin]);
    expect(await applier.apply(source, 'bin')).toMatchObject({
      applied: [
        'add unique key uq_registrar_extensions_alive',
        'add unique key uq_registrar_extensions_alive_username',
        'add unique key uq_registrar_trunks_alive',
      ],
      missing: [],
      duplicates: [],
    });
    await expect(insertExtension(database, customer, 'ABC')).rejects.toMatchObject({ errno: 1062 });
  });
});

describe('an existing installation', () => {
  it('is told what its columns cannot hold, and they are left as they are', async () => {
    const narrow = ORIGINAL.asterisk
      .replace('CREATE TABLE ps_aors (\n  id VARCHAR(255)', 'CREATE TABLE ps_aors (\n  id VARCHAR(40)')
      .replace("ENUM('md5','userpass','google_oauth')", "ENUM('md5','google_oauth')")
      .replace('  outbound_proxy VARCHAR(255) NULL,\n  path TEXT NULL,', '  path TEXT NULL,\n  site INT NOT NULL,');
    const database = await newDatabase(narrow);
    const before = await columnsOf(database);
    const report = await applier.apply(await open(database), 'asterisk');
    expect(report.problems.map(({ text }) => text).sort()).toEqual([
      'ps_aors.id is varchar(40), 255 are needed',
      "ps_auths.auth_type does not know the word 'userpass'",
      'ps_contacts.outbound_proxy is missing',
      'ps_contacts.site is NOT NULL without a default, so rows that do not name it are refused',
    ]);
    expect(report.missing).toEqual([]);
    expect(await columnsOf(database)).toEqual(before);
  });

  it('with an index of its own that begins the same gets no second one', async () => {
    const database = await newDatabase(ORIGINAL.asterisk);
    await admin.query('alter table ps_contacts add key mine (endpoint, id)');
    const before = await indexesOf(database);
    const report = await applier.apply(await open(database), 'asterisk');
    expect(report).toMatchObject({ applied: [], missing: [] });
    expect(await indexesOf(database)).toEqual(before);
  });

  it('whose table is in use is served without the index, which comes at the next run', async () => {
    const database = await newDatabase(ORIGINAL.asterisk);
    const holder = await createConnection({ ...login(server), database });
    await holder.query('start transaction');
    await holder.query('select * from ps_contacts');
    const source = await open(database);
    const report = await applier.apply(source, 'asterisk');
    expect(report.missing).toMatchObject([{ name: 'add index idx_ps_contacts_endpoint', required: false }]);
    expect(report.missing[0]?.reason).toBe('the table is in use');
    // It is tried again.
    expect((await applier.apply(source, 'asterisk')).missing).toEqual(report.missing);
    await holder.end();
    expect(await applier.apply(source, 'asterisk')).toMatchObject({ missing: [] });
    // The connection went back to the pool with its own time-out.
    const [session] = await source.query<Record<string, unknown>[]>(
      'select @@session.lock_wait_timeout = @@global.lock_wait_timeout as same',
    );
    expect(Number(session?.['same'])).toBe(1);
  });

  it('with a user who may only read and write is served, and told the SQL where something required is missing', async () => {
    const database = await newDatabase(ORIGINAL.bin);
    const user = `t${randomBytes(4).toString('hex')}`;
    await admin.query(`create user '${user}'@'%' identified by 'CANARY-Pw1!'`);
    await admin.query(`grant select, insert, update, delete on ${database}.* to '${user}'@'%'`);
    try {
      const more = { username: user, password: 'CANARY-Pw1!' };
      const source = await open(database, new StatementLog(), more);
      const failure: unknown = await applier.apply(source, 'bin').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(SchemaIncomplete);
      const { message } = failure as SchemaIncomplete;
      expect(message).toMatch(/could not create table registrar_outbox: ER_TABLEACCESS_DENIED_ERROR 1142/);
      expect(message).toContain('CREATE TABLE registrar_outbox (');
      expect(message).not.toContain('CANARY');

      await applier.apply(await open(database), 'bin');
      expect(await applier.apply(source, 'bin')).toMatchObject({ applied: [], missing: [], problems: [] });
    } finally {
      await admin.query(`drop user '${user}'@'%'`);
    }
  });

  it('is not touched while another process holds the lock', async () => {
    const database = await newDatabase();
    const holder = await createConnection({ ...login(server), database });
    await holder.query('select get_lock(?, 0)', [schemaLockName(database)]);
    const impatient = new SchemaApplier({ lockTimeoutMs: 100 });
    const source = await open(database);
    await expect(impatient.apply(source, 'bin')).rejects.toThrow(/another process held the schema lock/);
    expect(await columnsOf(database)).toEqual([]);
    await holder.end();
    expect(await applier.apply(source, 'bin')).toMatchObject({ missing: [] });
  });
});

describe('the keys of living rows', () => {
  let database: string;

  beforeAll(async () => {
    database = await newDatabase();
    await applier.apply(await open(database), 'bin');
  });

  it('do not disturb a writer who does not know them', async () => {
    const values = ["'n'", "'d'", "'e'", "'a'", "'u'", "'7001'", "'r'", "'r'", "'7001'", "'pw'"].join(', ');
    const writer = await createConnection({ ...login(server), database, charset: 'LATIN1_SWEDISH_CI' });
    const columns = `id, customer_id, name, detail, endpoint_id, aor_id, auth_id, extension, domain_name, realm,
      username, password, tm_create, tm_update, tm_delete, direct_id, direct_hash`;
    await writer.query(
      `insert into registrar_extensions (${columns}) values (?, ?, ${values}, now(6), null, null, ?, 'h')`,
      [id(), id(), id()],
    );
    const [without] = await writer.query(
      `insert into registrar_extensions values (?, ?, ${values}, now(6), null, null, ?, 'h')`,
      [id(), id(), id()],
    );
    expect(without).toMatchObject({ affectedRows: 1 });
    const [found] = await writer.query<RowDataPacket[]>('select * from registrar_extensions limit 1');
    expect(Object.keys(found[0] ?? {})).toHaveLength(17);
    await writer.end();
  });

  it('say the same whatever character set and sql_mode a writer speaks', async () => {
    const customer = id();
    await insertExtension(database, customer, 'Zoë');
    for (const charset of ['LATIN1_SWEDISH_CI', 'UTF8_GENERAL_CI', 'UTF8MB4_BIN']) {
      const writer = await createConnection({ ...login(server), database, charset });
      await writer.query("set session sql_mode = ''");
      const insert = 'insert into registrar_extensions (id, customer_id, extension) values (?, ?, ?)';
      await expect(writer.query(insert, [id(), customer, 'zoË'])).rejects.toMatchObject({ errno: 1062 });
      await writer.end();
    }
  });

  it.each([
    ['registrar_extensions', 'uq_registrar_extensions_alive', 'customer_id, extension, username', '8001'],
    ['registrar_extensions', 'uq_registrar_extensions_alive_username', 'customer_id, username', '8002'],
    ['registrar_trunks', 'uq_registrar_trunks_alive', 'customer_id, domain_name', 'a.example'],
  ])('of twenty equal rows at once in %s, %s lets one in', async (table, key, columns, value) => {
    const customer = id();
    const writers = await Promise.all(
      Array.from({ length: 20 }, () => createConnection({ ...login(server), database })),
    );
    const marks = columns.split(',').fill('?').join(', ');
    const results = await Promise.allSettled(
      writers.map((writer, at) => {
        const text = at % 2 === 0 ? value : value.toUpperCase();
        const filler = columns.split(',').map((_, position) => (position === 0 ? customer : text));
        return writer.query(`insert into ${table} (id, ${columns}) values (?, ${marks})`, [id(), ...filler]);
      }),
    );
    await Promise.all(writers.map((writer) => writer.end()));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(19);
    // Equal rows break the number's key first where both would do.
    for (const { reason } of refused) expect(isDuplicateKey(reason)).toEqual({ key });
  });

  it('let any number of deleted rows be, and refuse to bring one back beside a living one', async () => {
    const customer = id();
    const dead = '2025-01-01 00:00:00.000000';
    const first = await insertExtension(database, customer, '9001', dead);
    await insertExtension(database, customer, '9001', dead);
    await insertExtension(database, customer, '9001', '9999-01-01 00:00:00.000000');
    await expect(insertExtension(database, customer, '9001')).rejects.toMatchObject({ errno: 1062 });
    const revive = `update ${database}.registrar_extensions set tm_delete = null where id = ?`;
    await expect(admin.query(revive, [first])).rejects.toMatchObject({ errno: 1062 });
    await insertExtension(database, id(), '9001');
  });

  it('tell apart what a collation may call equal', async () => {
    const customer = id();
    for (const number of ['é', 'e', 'ß', 'ss', '😀', '😁', 'x', 'x '])
      await insertExtension(database, customer, number);
    await expect(insertExtension(database, customer, 'É')).rejects.toMatchObject({ errno: 1062 });
  });
});

it('names its lock so that both servers take it', () => {
  expect(schemaLockName('Bin_Manager')).toBe('registrar.schema.bin_manager');
  for (const odd of ['ä', 'x'.repeat(64), 'a b']) expect(schemaLockName(odd)).toMatch(/^[a-z0-9._-]{1,64}$/);
  expect(schemaLockName('x'.repeat(64))).not.toBe(schemaLockName('x'.repeat(63)));
});
