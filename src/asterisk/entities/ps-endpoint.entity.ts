import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../../platform/database/columns';

/** What lets a phone in. Asterisk finds it as `user@domain`, so the id must be that. */
@Entity('ps_endpoints')
export class PsEndpointEntity {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'varchar', nullable: true })
  aors!: string | null;

  @Column({ type: 'varchar', nullable: true })
  auth!: string | null;
}

export type PsEndpointRow = Row<PsEndpointEntity>;
