import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BIN_UNIQUE_IDS } from '../../bin.schema';
import { applySteps } from '../../schema-run';
import { uniqueIdKey } from '../../schema-step';
import { dropAdditions } from '../migration-undo';

export class BinUniqueIds1763800000004 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await applySteps(queryRunner, 'bin', BIN_UNIQUE_IDS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table } of BIN_UNIQUE_IDS) await dropAdditions(queryRunner, table, { keys: [uniqueIdKey(table)] });
  }
}
