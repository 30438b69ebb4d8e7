import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../../platform/database/columns';

/** A registered device. Asterisk owns these rows; any column may be NULL. */
@Entity('ps_contacts')
export class PsContactEntity {
  @PrimaryColumn({ type: 'varchar' })
  id!: string | null;

  @Column({ type: 'varchar', nullable: true })
  uri!: string | null;

  @Column({ name: 'expiration_time', type: 'varchar', nullable: true })
  expirationTime!: string | number | null;

  @Column({ name: 'qualify_frequency', type: 'int', nullable: true })
  qualifyFrequency!: number | null;

  @Column({ name: 'outbound_proxy', type: 'varchar', nullable: true })
  outboundProxy!: string | null;

  @Column({ type: 'varchar', nullable: true })
  path!: string | null;

  @Column({ name: 'user_agent', type: 'varchar', nullable: true })
  userAgent!: string | null;

  @Column({ name: 'qualify_timeout', type: 'float', nullable: true })
  qualifyTimeout!: number | null;

  @Column({ name: 'reg_server', type: 'varchar', nullable: true })
  regServer!: string | null;

  @Column({ name: 'authenticate_qualify', type: 'varchar', nullable: true })
  authenticateQualify!: string | null;

  @Column({ name: 'via_addr', type: 'varchar', nullable: true })
  viaAddr!: string | null;

  @Column({ name: 'via_port', type: 'int', nullable: true })
  viaPort!: number | null;

  @Column({ name: 'call_id', type: 'varchar', nullable: true })
  callId!: string | null;

  @Column({ type: 'varchar', nullable: true })
  endpoint!: string | null;

  @Column({ name: 'prune_on_boot', type: 'varchar', nullable: true })
  pruneOnBoot!: string | null;
}

export type PsContactRow = Row<PsContactEntity>;
