import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ALIVE_EXTENSION_KEY, ALIVE_TRUNK_KEY, ALIVE_USERNAME_KEY, BIN_ALIVE_KEYS } from '../../bin.schema';
import { applySteps } from '../../schema-run';
import { dropAdditions } from '../migration-undo';

export class BinAliveKeys1763800000003 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await applySteps(queryRunner, 'bin', BIN_ALIVE_KEYS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropAdditions(queryRunner, 'registrar_extensions', {
      keys: [ALIVE_EXTENSION_KEY, ALIVE_USERNAME_KEY],
      columns: ['alive_key', 'alive_username_key'],
    });
    await dropAdditions(queryRunner, 'registrar_trunks', { keys: [ALIVE_TRUNK_KEY], columns: ['alive_key'] });
  }
}
