import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ASTERISK_TABLES } from '../../asterisk.schema';
import { applySteps } from '../../schema-run';

export class AsteriskTables1763800000001 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await applySteps(queryRunner, 'asterisk', ASTERISK_TABLES);
  }

  /** The tables are Asterisk's and hold its rows: they stay. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
