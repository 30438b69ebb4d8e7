import { randomUUID } from 'node:crypto';
import type { TestingModule } from '@nestjs/testing';
import type { DataSource } from 'typeorm';
import { ContactsDto } from '../../src/contact/contact.dto';
import { ContactService } from '../../src/contact/contact.service';
import { CreateExtensionDto } from '../../src/extension/extension.dto';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { faultsOf, refusesWrites, sqlToRun, type SchemaReport } from '../../src/platform/database/schema/schema-report';
import { SchemaApplier } from '../../src/platform/database/schema/schema.service';
import { HealthRegistry } from '../../src/platform/observability/health/health-registry';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { registeredContact } from '../factories/contact.factory';
import { Application } from '../support/application';
import { openSource } from '../support/data-source';
import { makeOlder, OLDER_TABLES } from '../support/older-tables';

const SCHEMA_INCOMPLETE = { status: 'UNAVAILABLE', reason: 'SCHEMA_INCOMPLETE' };
const applier = new SchemaApplier();

describe.each(OLDER_TABLES)('tables of Asterisk %s, %s', (version, variant) => {
  let app: Application;
  let source: DataSource;
  let service: TestingModule;

  beforeAll(async () => {
    app = await Application.open({ replicas: 0 });
    source = await openSource(app.asterisk);
    await applier.apply(source, 'asterisk');
    await makeOlder(app.asterisk, version, variant);
    service = await app.start();
  });
  afterAll(async () => {
    await source.destroy();
    await app.close();
  });

  const verify = (): Promise<SchemaReport> => applier.verify(source, 'asterisk');
  const request = (customerId: string): CreateExtensionDto =>
    Object.assign(new CreateExtensionDto(), {
      ...{ customerId, extension: '2001', password: 'first-1', name: '', detail: '', username: '' },
    });
  const contactsOf = (customerId: string): Promise<unknown[]> =>
    service.get(ContactService).list(Object.assign(new ContactsDto(), { customerId, extension: '2001' }));
  const readiness = async (): Promise<unknown> => {
    const states: object[] = [];
    for (const indicate of service.get(HealthRegistry).readiness) states.push(await indicate());
    return Object.assign({}, ...states) as unknown;
  };

  it('are told, and refuse what they cannot hold', async () => {
    const report = await verify();
    const faults = faultsOf(report);
    const isFaulty = version !== '22';
    expect(faults.length > 0).toBe(isFaulty);
    for (const { sql } of faults) expect(sql).toBeDefined();
    for (const { text } of faults) expect(app.log.join('\n')).toContain(JSON.stringify(text).slice(1, -1));
    const state = isFaulty ? { status: 'down', reason: 'SCHEMA_INCOMPLETE' } : { status: 'up' };
    expect(await readiness()).toMatchObject({ schema: state });
    if (!refusesWrites(report)) return;
    const customerId = randomUUID();
    expect(version).not.toMatch(/^2(?:2|0\.5)/);
    await expect(service.get(ExtensionWriter).create(request(customerId))).rejects.toMatchObject(SCHEMA_INCOMPLETE);
    const listed = await contactsOf(customerId).catch((error: unknown) => error);
    expect([[], expect.objectContaining(SCHEMA_INCOMPLETE)]).toContainEqual(listed);
  });

  it('are mended by the SQL that is told', async () => {
    const runner = source.createQueryRunner();
    for (const sql of sqlToRun(await verify()).split(';\n')) if (sql.trim() !== '') await runner.query(sql);
    await runner.release();
    expect(await verify()).toMatchObject({ missing: [], problems: [] });
    await app.stop(service);
    service = await app.start();
    expect(await readiness()).toMatchObject({ schema: { status: 'up' } });
    const customerId = randomUUID();
    const made = await service.get(ExtensionWriter).create(request(customerId));
    await app.asterisk.insert('ps_contacts', registeredContact(customerId, '2001'));
    expect(await contactsOf(customerId)).toHaveLength(1);
    const found: string[] = [];
    await service.get(ReconcileService).run({ dryRun: false, onDifference: ({ kind }) => void found.push(kind) });
    expect(found).toEqual([]);
    await service.get(ExtensionWriter).delete(made.id);
    for (const table of ['ps_aors', 'ps_auths', 'ps_endpoints', 'ps_contacts']) {
      expect(await app.asterisk.count(table)).toBe(0);
    }
  });
});
