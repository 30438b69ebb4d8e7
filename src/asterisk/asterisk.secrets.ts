import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AsteriskDatabase } from '../platform/database/source/databases';

/** Which of them exist depends on Asterisk's version. */
const FURTHER_SECRETS = ['md5_cred', 'password_digest'] as const;
/** The list of columns is read again after this time: an upgrade of Asterisk can add columns while the service runs. */
const COLUMNS_MAX_AGE_MS = 60_000;

/** The columns of `ps_auths` besides `password` that can open a login. */
@Injectable()
export class AsteriskSecrets implements OnApplicationBootstrap {
  private known: { readonly columns: readonly string[]; readonly readAt: number } | undefined;

  constructor(private readonly database: AsteriskDatabase) {}

  /** Reads the columns before the first request. The command line has no connection yet, so it reads them later. */
  async onApplicationBootstrap(): Promise<void> {
    await this.database.read((manager) => this.columns(manager)).catch(() => undefined);
  }

  /** Uses the caller's connection: a caller that holds one and waits for a second one could deadlock the pool. */
  async columns(manager: EntityManager): Promise<readonly string[]> {
    if (this.known !== undefined && performance.now() - this.known.readAt < COLUMNS_MAX_AGE_MS) {
      return this.known.columns;
    }
    const rows = await manager.query<{ name: string }[]>(
      `SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = database() AND table_name = 'ps_auths'`,
    );
    const there = new Set(rows.map(({ name }) => name.toLowerCase()));
    const columns = FURTHER_SECRETS.filter((column) => there.has(column));
    this.known = { columns, readAt: performance.now() };
    return columns;
  }
}
