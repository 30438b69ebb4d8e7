import { SchemaApplier } from '../../src/platform/database/schema/schema.service';
import { sqlToRun } from '../../src/platform/database/schema/schema-report';
import { openSource } from '../support/data-source';
import { makeOlder, OLDER_TABLES } from '../support/older-tables';
import { withAsterisk } from '../support/sip/with-asterisk';

const applier = new SchemaApplier();
const site = withAsterisk();

it.each(OLDER_TABLES.filter(([, variant]) => /as they|foreign/.test(variant)))(
  'a phone gets in with tables of Asterisk %s, %s, after the SQL that is told',
  async (version, variant) => {
    const { world, asterisk } = site();
    for (const table of ['ps_endpoints', 'ps_aors', 'ps_auths', 'ps_contacts']) {
      await world.asterisk.run(`DROP TABLE ${table}`);
    }
    const source = await openSource(world.asterisk);
    const runner = source.createQueryRunner();
    try {
      await applier.apply(source, 'asterisk');
      await makeOlder(world.asterisk, version, variant);
      const sql = sqlToRun(await applier.verify(source, 'asterisk'));
      for (const statement of sql.split(';\n')) if (statement.trim() !== '') await runner.query(statement);
    } finally {
      await runner.release();
      await source.destroy();
    }
    // The SQL says so beside each new column.
    expect(await asterisk.cli('module reload res_odbc.so')).toContain('reloaded successfully');
    const created = await site().create();
    expect(await site().register(created)).toBe(200);
    expect(await site().contactsOf(created)).toHaveLength(1);
    await site().delete(created);
    expect(await site().register(created)).toBe(401);
  },
  30_000,
);
