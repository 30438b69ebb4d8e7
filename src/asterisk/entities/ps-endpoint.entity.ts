import { Column, Entity, PrimaryColumn } from 'typeorm';

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
