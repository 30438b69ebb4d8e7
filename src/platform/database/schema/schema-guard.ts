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
 * Sees to it that both schemas are complete before anything is served, and tells what could not be had. Where a change
 * could not be right, changes are refused and reads go on.
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

  /** The same look again, without a change unless one has become possible. Tells what is new, and nothing else. */
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

  /** Whether something is wrong that an operator may be mending just now. */
  isAtFault({ name }: Database): boolean {
    return this.faultsOf(name).length > 0;
  }

  /**
   * Throws `SCHEMA_INCOMPLETE` when a change could not be right. A removal is always right. The command line looks here for
   * the first time, and looks once.
   */
  async assertWritable(database: Database): Promise<void> {
    // A look that fails says nothing: the change itself will hear what ails the database.
    const report = this.reports.get(database.name) ?? (await this.lookOnce(database).catch(() => undefined));
    if (report !== undefined && refusesWrites(report)) throw schemaIncomplete(database.name);
  }

  /** False while living duplicates, or a table in use, keep the unique key away: writers must look for themselves. */
  hasAliveKey(key: string): boolean {
    return this.reports.get('bin')?.missing.every(({ name }) => name !== uniqueKeyStep(key)) ?? false;
  }

  /** Whether nothing is left to try again. */
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
      // A line for each: the message of an error is cut, and these are to be run as they are.
      for (const step of error.missing) this.tell(name, { text: step.name, stops: step.stops, sql: step.sql });
      throw error;
    }
  }

  /** Each fault is told when it is first seen, and their end. */
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

  /** What stops nothing, at the start only. */
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
