import { Column, Entity, PrimaryColumn } from 'typeorm';
import { textListColumn, timeColumn, uuidColumn, type Row } from '../platform/database/columns';

/** Credentials by realm. Kamailio reads these columns directly; realm, username and password are plain text. */
@Entity('registrar_sip_auths')
export class SipAuthEntity {
  /** The id of the extension or trunk. */
  @PrimaryColumn(uuidColumn)
  id!: string;

  @Column({ name: 'reference_type', type: 'varchar', nullable: true })
  referenceType!: 'extension' | 'trunk';

  @Column({ ...textListColumn, name: 'auth_types' })
  authTypes!: string[];

  @Column({ type: 'varchar', nullable: true })
  realm!: string | null;

  @Column({ type: 'varchar', nullable: true })
  username!: string | null;

  @Column({ type: 'varchar', nullable: true })
  password!: string | null;

  @Column({ ...textListColumn, name: 'allowed_ips' })
  allowedIps!: string[];

  @Column({ ...timeColumn, name: 'tm_create' })
  tmCreate!: string | null;

  @Column({ ...timeColumn, name: 'tm_update' })
  tmUpdate!: string | null;
}

export type SipAuthRow = Row<SipAuthEntity>;
