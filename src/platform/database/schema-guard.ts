import { Injectable } from '@nestjs/common';
import { Config } from '../config/config';
import { HealthRegistry } from '../observability/health/health-registry';
import { Log } from '../observability/logger';
import { Metrics } from '../observability/metrics';
import { ALIVE_EXTENSION_KEY, ALIVE_TRUNK_KEY, ALIVE_USERNAME_KEY } from './schema/bin.schema';
import { uniqueKeyStep } from './schema/schema-step';
import { SchemaApplier } from './schema/schema.service';
import { SchemaStepError, hasAllRequired, sqlToRun, type SchemaReport } from './schema/schema-report';
import type { Database } from './database';

const ALIVE_KEYS = [ALIVE_EXTENSION_KEY, ALIVE_USERNAME_KEY, ALIVE_TRUNK_KEY];

/** The schema is not what the service needs, and it may not change it; the message holds the SQL to run. */
export class SchemaIncomplete extends Error {
  override readonly name = 'SchemaIncomplete';
}

/** Sees to it that both schemas are complete before anything is served, and tells what could not be had. */
@Injectable()
export class SchemaGuard {
  private readonly reports = new Map<string, SchemaReport>();

  constructor(
    private readonly config: Config,
    private readonly applier: SchemaApplier,
    private readonly metrics: Metrics,
    private readonly log: Log,
    health: HealthRegistry,
  ) {
    health.register({ name: 'schema', kind: 'required', check: () => this.check() });
  }

  /** Applies or verifies, as configured. Throws {@link SchemaIncomplete} when something required is missing. */
  async ensure(database: Database): Promise<SchemaReport> {
    const report = await this.inspect(database);
    this.reports.set(database.name, report);
    this.measure(report);
    if (!hasAllRequired(report)) {
      throw new SchemaIncomplete(`The schema of ${database.name} is incomplete. Run this SQL:\n${sqlToRun(report)}`);
    }
    return report;
  }

  /** False while living duplicates, or a table in use, keep the unique key away: writers must look for themselves. */
  hasAliveKey(key: string): boolean {
    return this.reports.get('bin')?.missing.every(({ name }) => name !== uniqueKeyStep(key)) ?? false;
  }

  /** Whether nothing is left to try again. */
  isComplete({ name }: Database): boolean {
    return this.reports.get(name)?.missing.length === 0;
  }

  private async inspect({ dataSource, name }: Database): Promise<SchemaReport> {
    if (this.config.databaseMigrate === 'verify') return this.applier.verify(dataSource, name);
    try {
      return await this.applier.apply(dataSource, name);
    } catch (error) {
      if (error instanceof SchemaStepError) throw new SchemaIncomplete(error.message, { cause: error });
      throw error;
    }
  }

  private measure({ which, missing, duplicates, problems }: SchemaReport): void {
    for (const { name, reason } of missing)
      this.log.warning('Part of the schema is missing', { which, step: name, reason });
    for (const group of duplicates) this.log.error('Living rows share what must be unique', { which, ...group });
    for (const problem of problems) this.log.warning('The schema has a problem', { which, problem });
    if (which !== 'bin') return;
    for (const key of ALIVE_KEYS)
      this.metrics.duplicateKeys(key, duplicates.filter((group) => group.key === key).length);
  }

  private check(): Promise<void> {
    return this.reports.size === 2 ? Promise.resolve() : Promise.reject(new Error('the schema is not checked yet'));
  }
}
