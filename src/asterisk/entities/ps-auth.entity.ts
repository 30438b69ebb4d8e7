import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../../platform/database/columns';

/** Digest credentials of an endpoint. The password is in Asterisk's encoded form (asterisk-password.ts). */
@Entity('ps_auths')
export class PsAuthEntity {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ name: 'auth_type', type: 'varchar', nullable: true })
  authType!: string | null;

  @Column({ type: 'varchar', nullable: true })
  username!: string | null;

  @Column({ type: 'varchar', nullable: true })
  password!: string | null;

  @Column({ type: 'varchar', nullable: true })
  realm!: string | null;
}

export type PsAuthRow = Row<PsAuthEntity>;
