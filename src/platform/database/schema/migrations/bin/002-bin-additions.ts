import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BIN_ADDITIONS } from '../../bin.schema';
import { applySteps } from '../../schema-run';
import { dropAdditions } from '../migration-undo';

export class BinAdditions1763800000002 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await applySteps(queryRunner, 'bin', BIN_ADDITIONS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const of = (table: string, ...ends: string[]): string[] => ends.map((end) => `idx_${table}_${end}`);
    await dropAdditions(queryRunner, 'registrar_extensions', {
      keys: of('registrar_extensions', 'customer_create', 'customer_delete', 'customer_extension', 'endpoint_id'),
    });
    await dropAdditions(queryRunner, 'registrar_trunks', {
      keys: of('registrar_trunks', 'customer_create', 'customer_delete'),
    });
    await queryRunner.query('DROP TABLE IF EXISTS registrar_outbox');
  }
}
