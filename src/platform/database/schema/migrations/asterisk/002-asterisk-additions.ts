import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ASTERISK_ADDITIONS } from '../../asterisk.schema';
import { applySteps } from '../../schema-run';
import { dropAdditions } from '../migration-undo';

export class AsteriskAdditions1763800000002 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await applySteps(queryRunner, 'asterisk', ASTERISK_ADDITIONS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropAdditions(queryRunner, 'ps_contacts', { keys: ['idx_ps_contacts_endpoint'] });
  }
}
