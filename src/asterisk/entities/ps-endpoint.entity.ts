import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../../platform/database/columns';

/** The endpoint of an extension. Asterisk looks it up as `user@domain`, so its id must have that form. */
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
