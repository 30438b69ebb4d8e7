import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ASTERISK_UNIQUE_IDS } from '../../asterisk.schema';
import { applySteps } from '../../schema-run';
import { uniqueIdKey } from '../../schema-step';
import { dropAdditions } from '../migration-undo';

export class AsteriskUniqueIds1763800000003 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await applySteps(queryRunner, 'asterisk', ASTERISK_UNIQUE_IDS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table } of ASTERISK_UNIQUE_IDS)
      await dropAdditions(queryRunner, table, { keys: [uniqueIdKey(table)] });
  }
}
