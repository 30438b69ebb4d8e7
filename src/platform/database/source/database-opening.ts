import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Config } from '../../config/config';
import { Log } from '../../observability/log/logger';
import { createDatabaseIfMissing } from '../schema/database-creation';
import { SchemaGuard } from '../schema/schema-guard';
import { SchemaIncomplete } from '../schema/schema-report';
import type { Database } from './database';

const RETRY_MS = 1_000;
const PLAIN = 'The connection is not encrypted: tls=preferred, and the server offers no TLS';

/** Waits for a database without a limit, then applies or verifies its schema. */
@Injectable()
export class DatabaseOpening {
  private isStopping = false;

  constructor(
    private readonly config: Config,
    private readonly schema: SchemaGuard,
    @Inject(Log) private readonly log: Log,
  ) {}

  stop(): void {
    this.isStopping = true;
  }

  /** Throws `SchemaIncomplete` when a required step of the schema is missing and cannot be applied. */
  async open(database: Database): Promise<void> {
    while (!this.isStopping) {
      try {
        if (this.config.databaseMigrate === 'auto') await createDatabaseIfMissing(await database.address());
        await database.connect();
        if (database.isPlainForWantOfTls) this.log.warning(PLAIN, { database: database.name });
        await this.schema.ensure(database);
        return;
      } catch (error) {
        if (error instanceof SchemaIncomplete) throw error;
        this.log.warning('Waiting for a database', { database: database.name, error });
        await database.close().catch(() => undefined);
        await pause(RETRY_MS);
      }
    }
  }
}
