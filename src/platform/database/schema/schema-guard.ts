import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config';
import { HealthRegistry } from '../../observability/health/health-registry';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { schemaIncomplete } from '../mysql-errors';
import type { Database } from '../source/database';
import { ALIVE_EXTENSION_KEY, ALIVE_TRUNK_KEY, ALIVE_USERNAME_KEY } from './bin.schema';
import { faultsOf, refusesWrites, SchemaIncomplete, sqlToRun, type Fault, type SchemaReport } from './schema-report';
import { uniqueKeyStep } from './schema-step';
import { SchemaApplier } from './schema.service';

const ALIVE_KEYS = [ALIVE_EXTENSION_KEY, ALIVE_USERNAME_KEY, ALIVE_TRUNK_KEY];

/**
 * Completes both schemas before the service serves requests, and reports what is still missing. While the tables cannot
 * hold a change correctly, changes are refused and reads go on.
 */
@Injectable()
export class SchemaGuard {
  private readonly reports = new Map<string, SchemaReport>();
  private readonly looking = new Map<string, Promise<SchemaReport>>();

  constructor(
    private readonly config: Config,
    private readonly applier: SchemaApplier,
    private readonly metrics: Metrics,
    private readonly log: Log,
    health: HealthRegistry,
  ) {
    health.register({ name: 'schema', kind: 'required', check: () => this.check() });
  }

  /** Applies or verifies, as configured. Throws `SchemaIncomplete` when something required is missing. */
  async ensure(database: Database): Promise<void> {
    const report = await this.inspect(database);
    this.keep(report);
    this.tellLesser(report);
    this.countDuplicates(report);
    if (report.missing.some(({ required }) => required)) {
      throw new SchemaIncomplete(`The schema of ${database.name} is incomplete. Run this SQL:\n${sqlToRun(report)}`);
    }
  }

  /** Checks again, and changes the schema only if a missing step can be added now. Logs only what is new. */
  async recheck(database: Database): Promise<void> {
    let report = await this.applier.verify(database.dataSource, database.name);
    this.keep(report);
    const canBeAdded = report.missing.some(({ reason }) => reason === undefined);
    if (canBeAdded && this.config.databaseMigrate === 'auto') {
      report = await this.inspect(database);
      this.keep(report);
    }
    this.countDuplicates(report);
  }

  /** Whether the last check found a fault, which an operator may be mending. */
  isAtFault({ name }: Database): boolean {
    return this.faultsOf(name).length > 0;
  }

  /**
   * Throws `SCHEMA_INCOMPLETE` when the tables cannot hold a change correctly. A removal is always correct. The command
   * line has no report yet, so its first change makes one check.
   */
  async assertWritable(database: Database): Promise<void> {
    // A failed check proves nothing: the change itself gets the database's error.
    const report = this.reports.get(database.name) ?? (await this.lookOnce(database).catch(() => undefined));
    if (report !== undefined && refusesWrites(report)) throw schemaIncomplete(database.name);
  }

  /** False while the unique key is missing, such as for living duplicates: writers must then check for themselves. */
  hasAliveKey(key: string): boolean {
    return this.reports.get('bin')?.missing.every(({ name }) => name !== uniqueKeyStep(key)) ?? false;
  }

  /** Whether no step is missing. */
  isComplete({ name }: Database): boolean {
    return this.reports.get(name)?.missing.length === 0;
  }

  private lookOnce({ name, dataSource }: Database): Promise<SchemaReport> {
    const present = this.looking.get(name);
    if (present !== undefined) return present;
    const look = this.applier.verify(dataSource, name);
    this.looking.set(name, look);
    look.catch(() => this.looking.delete(name));
    return look;
  }

  private async inspect({ dataSource, name }: Database): Promise<SchemaReport> {
    if (this.config.databaseMigrate === 'verify') return this.applier.verify(dataSource, name);
    try {
      return await this.applier.apply(dataSource, name);
    } catch (error) {
      if (!(error instanceof SchemaIncomplete)) throw error;
      // One line for each step: the log cuts the message of an error, and this SQL must be complete.
      for (const step of error.missing) this.tell(name, { text: step.name, stops: step.stops, sql: step.sql });
      throw error;
    }
  }

  /** Logs each fault when it is first seen, and the end of the last fault. */
  private keep(report: SchemaReport): void {
    const { which } = report;
    const before = this.faultsOf(which);
    this.reports.set(which, report);
    const now = faultsOf(report);
    const known = new Set(before.map(({ text }) => text));
    for (const fault of now.filter(({ text }) => !known.has(text))) this.tell(which, fault);
    if (before.length > 0 && now.length === 0) this.log.info('The schema is as it must be', { which });
  }

  private tell(which: string, { text, stops, sql }: Fault): void {
    this.log.error('The schema is not as it must be', { which, problem: text, stops, sql });
  }

  /** Logs what stops nothing, at the start only. */
  private tellLesser({ which, missing, duplicates, problems }: SchemaReport): void {
    for (const { name, reason, stops } of missing) {
      if (stops === 'nothing') this.log.warning('Part of the schema is missing', { which, step: name, reason });
    }
    for (const group of duplicates) this.log.error('Living rows share what must be unique', { which, ...group });
    for (const { text, stops } of problems) {
      if (stops === 'nothing') this.log.warning('The schema has a problem', { which, problem: text });
    }
  }

  private countDuplicates({ which, duplicates }: SchemaReport): void {
    if (which !== 'bin') return;
    for (const key of ALIVE_KEYS)
      this.metrics.duplicateKeys(key, duplicates.filter((group) => group.key === key).length);
  }

  private faultsOf(which: string): Fault[] {
    const report = this.reports.get(which);
    return report === undefined ? [] : faultsOf(report);
  }

  private check(): Promise<void> {
    if (this.reports.size < 2) return Promise.reject(new Error('the schema is not checked yet'));
    const wrong = [...this.reports.keys()].find((which) => this.faultsOf(which).length > 0);
    return wrong === undefined ? Promise.resolve() : Promise.reject(schemaIncomplete(wrong));
  }
}
