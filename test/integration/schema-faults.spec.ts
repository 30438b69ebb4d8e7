import type { DataSource, QueryRunner } from 'typeorm';
import { readForeignKeys } from '../../src/platform/database/schema/foreign-keys.query';
import {
  faultsOf,
  refusesWrites,
  sqlToRun,
  type SchemaReport,
  type SchemaSide,
} from '../../src/platform/database/schema/schema-report';
import { SchemaApplier } from '../../src/platform/database/schema/schema.service';
import { openSource } from '../support/data-source';
import { TestDatabase } from '../support/database';
import { backingServers } from '../support/environment';
import { MysqlProxy } from '../support/mysql-proxy';

const applier = new SchemaApplier();
const ENUM = "ENUM('0','1','off','on','false','true','no','yes')";

/** A database of our own making, and what the applier says of it. */
class Tables {
  private constructor(
    readonly database: TestDatabase,
    readonly source: DataSource,
    readonly side: SchemaSide,
  ) {}

  static async create(side: SchemaSide): Promise<Tables> {
    const database = await TestDatabase.create(side);
    const tables = new Tables(database, await openSource(database), side);
    await applier.apply(tables.source, side);
    return tables;
  }

  verify(): Promise<SchemaReport> {
    return applier.verify(this.source, this.side);
  }

  async run(sql: string): Promise<void> {
    for (const statement of sql.split(';\n').filter((text) => text.trim() !== '')) await this.database.run(statement);
  }

  async drop(): Promise<void> {
    await this.source.destroy();
    await this.database.drop();
  }
}

type Case = readonly [side: SchemaSide, damage: string, text: string, stopsWrites?: boolean];

const CASES: readonly Case[] = [
  ['bin', 'ALTER TABLE registrar_sip_auths ENGINE=MyISAM', 'registrar_sip_auths is MyISAM, which has no transactions'],
  ['asterisk', 'ALTER TABLE ps_aors MODIFY id VARCHAR(40) NOT NULL', 'ps_aors.id is varchar(40), 255 are needed'],
  ['asterisk', 'ALTER TABLE ps_auths MODIFY id VARCHAR(40) NOT NULL', 'ps_auths.id is varchar(40), 255 are needed'],
  ['asterisk', 'ALTER TABLE ps_auths MODIFY realm VARCHAR(40)', 'ps_auths.realm is varchar(40), 255 are needed'],
  ['asterisk', 'ALTER TABLE ps_auths MODIFY password VARCHAR(40)', 'ps_auths.password is varchar(40), 80 are needed'],
  [
    'asterisk',
    'ALTER TABLE ps_auths MODIFY auth_type VARCHAR(4)',
    "ps_auths.auth_type does not know the word 'userpass'",
  ],
  [
    'asterisk',
    "ALTER TABLE ps_auths MODIFY auth_type ENUM('md5')",
    "ps_auths.auth_type does not know the word 'userpass'",
  ],
  ['asterisk', 'ALTER TABLE ps_auths DROP COLUMN realm', 'ps_auths.realm is missing'],
  [
    'asterisk',
    'ALTER TABLE ps_endpoints MODIFY aors VARCHAR(200)',
    'ps_endpoints.aors is varchar(200), 255 are needed',
  ],
  ['asterisk', 'ALTER TABLE ps_endpoints MODIFY auth VARCHAR(40)', 'ps_endpoints.auth is varchar(40), 255 are needed'],
  ['asterisk', `ALTER TABLE ps_aors ADD site ${ENUM} NOT NULL`, 'ps_aors.site is NOT NULL without a default'],
  [
    'asterisk',
    'ALTER TABLE ps_contacts MODIFY uri VARCHAR(255)',
    'ps_contacts.uri is varchar(255), 511 are needed',
    false,
  ],
  ['asterisk', 'ALTER TABLE ps_contacts MODIFY path VARCHAR(255)', 'ps_contacts.path is varchar(255), 1024', false],
  [
    'asterisk',
    'ALTER TABLE ps_contacts MODIFY endpoint VARCHAR(40)',
    'ps_contacts.endpoint is varchar(40), 255',
    false,
  ],
  ['asterisk', 'ALTER TABLE ps_contacts DROP COLUMN call_id', 'ps_contacts.call_id is missing', false],
  ['bin', 'ALTER TABLE registrar_extensions DROP COLUMN direct_hash', 'registrar_extensions.direct_hash is missing'],
  ['bin', 'ALTER TABLE registrar_trunks MODIFY customer_id CHAR(36)', 'customer_id is char(36), binary(16) is needed'],
  ['bin', 'ALTER TABLE registrar_sip_auths MODIFY username VARCHAR(255) NOT NULL', 'username does not take NULL'],
  ['bin', 'ALTER TABLE registrar_trunks ADD site INT NOT NULL', 'registrar_trunks.site is NOT NULL without a default'],
  [
    'bin',
    'ALTER TABLE registrar_outbox MODIFY id BIGINT UNSIGNED NOT NULL',
    'registrar_outbox.id is not filled by the server',
  ],
];

const casesOf = (side: SchemaSide): [string, string, boolean][] =>
  CASES.filter(([of]) => of === side).map(([, damage, text, stopsWrites = true]) => [damage, text, stopsWrites]);

describe.each(['bin', 'asterisk'] as const)('tables of %s that are not quite ours', (side) => {
  let tables: Tables;
  beforeAll(async () => {
    tables = await Tables.create(side);
  });
  afterAll(async () => {
    await tables.drop();
  });

  it.each(casesOf(side))('%s', async (damage, text, stopsWrites) => {
    await tables.database.run(damage);
    const report = await tables.verify();
    const faults = faultsOf(report);
    expect(faults).toMatchObject([{ text: expect.stringContaining(text) as string }]);
    expect(refusesWrites(report)).toBe(stopsWrites);
    await tables.run(sqlToRun(report));
    expect(await tables.verify()).toMatchObject({ missing: [], problems: [] });
  });

  it('that lose a little are told, and nothing is refused', async () => {
    const [table, column] =
      side === 'bin' ? (['registrar_extensions', 'name'] as const) : (['ps_endpoints', 'context'] as const);
    await tables.database.run(
      side === 'bin'
        ? `ALTER TABLE ${table} MODIFY ${column} VARCHAR(64)`
        : `ALTER TABLE ${table} DROP COLUMN ${column}`,
    );
    const report = await tables.verify();
    expect(faultsOf(report)).toEqual([]);
    expect(report.problems).toMatchObject([{ text: expect.stringContaining(`${table}.${column}`) as string }]);
    await tables.run(sqlToRun(report));
  });

  it('of which one is a view are told so', async () => {
    const table = side === 'bin' ? 'registrar_trunks' : 'ps_auths';
    await tables.run(`RENAME TABLE ${table} TO mine;\nCREATE VIEW ${table} AS SELECT * FROM mine`);
    const report = await applier.apply(tables.source, side);
    expect(faultsOf(report)).toMatchObject([{ text: expect.stringContaining(`${table} is a view`) as string }]);
    expect(report.missing).toEqual([]);
    expect(refusesWrites(report)).toBe(true);
    await tables.run(`DROP VIEW ${table};\nRENAME TABLE mine TO ${table}`);
  });
});

const WITHOUT_KEYS: Record<SchemaSide, readonly (readonly [table: string, drop: string])[]> = {
  bin: [
    ['registrar_extensions', 'DROP PRIMARY KEY'],
    ['registrar_trunks', 'DROP PRIMARY KEY'],
    ['registrar_sip_auths', 'DROP PRIMARY KEY'],
    // Its number needs a key, if not a unique one.
    ['registrar_outbox', 'DROP PRIMARY KEY, ADD KEY plain (id)'],
  ],
  asterisk: [
    ['ps_aors', 'DROP PRIMARY KEY, DROP KEY id'],
    ['ps_auths', 'DROP PRIMARY KEY, DROP KEY id'],
    ['ps_endpoints', 'DROP PRIMARY KEY, DROP KEY id'],
    ['ps_contacts', 'DROP PRIMARY KEY, DROP KEY id, DROP KEY ps_contacts_uq'],
  ],
};

describe.each(['bin', 'asterisk'] as const)('tables of %s without a unique key on id', (side) => {
  let tables: Tables;
  beforeEach(async () => {
    tables = await Tables.create(side);
    for (const [table, drop] of WITHOUT_KEYS[side]) await tables.database.run(`ALTER TABLE ${table} ${drop}`);
  });
  afterEach(async () => {
    await tables.drop();
  });

  it('are told by verify and get one by apply', async () => {
    const names = WITHOUT_KEYS[side].map(([table]) => `add unique key on ${table}.id`);
    const report = await tables.verify();
    expect(report.missing.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(refusesWrites(report)).toBe(true);
    expect((await applier.apply(tables.source, side)).applied.sort()).toEqual(names.sort());
    expect(await tables.verify()).toMatchObject({ missing: [], problems: [] });
    expect((await applier.apply(tables.source, side)).applied).toEqual([]);
  });

  it('in which ids repeat are told how many and which, and left alone', async () => {
    const [table, ids]: readonly [string, readonly string[]] =
      side === 'bin' ? ['registrar_sip_auths', ["x'01'", "x'02'"]] : ['ps_auths', ["'a@b'", "'q''uo\\\\te'"]];
    for (const id of [ids[0], ids[0], ids[0], ids[1], ids[1]])
      await tables.database.run(`INSERT INTO ${table} (id) VALUES (${id})`);
    const report = await applier.apply(tables.source, side);
    expect(report.missing).toMatchObject([{ name: `add unique key on ${table}.id`, stops: 'writes' }]);
    expect(report.missing[0]?.reason).toMatch(/^2 id\(s\) are there more than once: /);
    if (side === 'asterisk') expect(report.missing[0]?.reason).toContain('a@b');
    expect(await tables.database.count(table)).toBe(5);
    // What it prints leaves one row of each: these are written anew from the records.
    await tables.run(sqlToRun(report));
    expect(await tables.database.count(table)).toBe(2);
    expect(faultsOf(await tables.verify())).toEqual([]);
  });
});

it('of compact rows refuse nothing for a column that is only a little short', async () => {
  const tables = await Tables.create('bin');
  await tables.database.run('ALTER TABLE registrar_outbox ROW_FORMAT=COMPACT, MODIFY payload TEXT NOT NULL');
  const report = await tables.verify();
  expect(report.problems.map(({ text }) => text)).toEqual([
    expect.stringContaining('registrar_outbox has compact rows'),
    expect.stringContaining('registrar_outbox.payload is text'),
  ]);
  expect(faultsOf(report)).toEqual([]);
  await tables.drop();
});

it('looks for foreign keys in no other database of the server, which may have many tables', async () => {
  const tables = await Tables.create('asterisk');
  await tables.database.run('ALTER TABLE ps_endpoints ADD CONSTRAINT a FOREIGN KEY (auth) REFERENCES ps_auths (id)');
  const runner = tables.source.createQueryRunner();
  const plans: unknown[] = [];
  const query = async (sql: string): Promise<unknown> => {
    plans.push(await runner.query(`EXPLAIN ${sql}`));
    return runner.query(sql);
  };
  const [key, ...others] = await readForeignKeys({ query } as QueryRunner);
  expect(key?.columns).toEqual(['ps_endpoints.auth', 'ps_auths.id']);
  expect(others).toEqual([]);
  expect(plans).toHaveLength(2);
  expect(JSON.stringify(plans)).not.toContain('Scanned all databases');
  await runner.release();
  await tables.drop();
});

it('tells the SQL in an order in which it runs: the key of a counted column before the column', async () => {
  const tables = await Tables.create('bin');
  await tables.database.run('ALTER TABLE registrar_outbox MODIFY id BIGINT UNSIGNED NOT NULL, DROP PRIMARY KEY');
  const report = await tables.verify();
  expect(faultsOf(report)).toHaveLength(2);
  await tables.run(sqlToRun(report));
  expect(await tables.verify()).toMatchObject({ missing: [], problems: [] });
  await tables.drop();
});

it('names records that repeat, and leaves it to a person which one stays', async () => {
  const tables = await Tables.create('bin');
  await tables.database.run('ALTER TABLE registrar_extensions DROP PRIMARY KEY');
  for (const number of ['1', '2']) {
    await tables.database.run(
      `INSERT INTO registrar_extensions (id, extension) VALUES (x'${'ab'.repeat(16)}', '${number}')`,
    );
  }
  const [missing] = (await tables.verify()).missing;
  expect(missing?.reason).toContain('abababab-abab-abab-abab-abababababab');
  expect(missing?.sql).not.toContain('DELETE');
  await tables.drop();
});

it.each([
  ['5.7.44-log', true],
  ['8.0.18', true],
  ['5.5.5-10.5.9-MariaDB', true],
  ['10.6.0-MariaDB', false],
  ['a proxy', false],
])('of a server that says %s are refused when it is too old', async (version, isOld) => {
  const database = await TestDatabase.create('bin');
  const { host, port } = backingServers().sql;
  const proxy = await MysqlProxy.before(host, port);
  proxy.answer(/^select version\(\)/i, 'version', version);
  const source = await openSource(database, proxy.port);
  const report = await applier.apply(source, 'bin');
  expect(refusesWrites(report)).toBe(isOld);
  expect(report.problems.length).toBe(version === '10.6.0-MariaDB' ? 0 : 1);
  if (isOld) expect(report.problems[0]?.text).toMatch(/version .* is needed \(for SKIP LOCKED and JSON_TABLE\)/);
  await source.destroy();
  await proxy.close();
  await database.drop();
});
