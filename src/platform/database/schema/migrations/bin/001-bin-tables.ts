import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BIN_TABLES } from '../../bin.schema';
import { applySteps } from '../../schema-run';

export class BinTables1763800000001 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await applySteps(queryRunner, 'bin', BIN_TABLES);
  }

  /** The tables are the platform's and hold its rows: they stay. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
