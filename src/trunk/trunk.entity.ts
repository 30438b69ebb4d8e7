import { Column, Entity, PrimaryColumn } from 'typeorm';
import { textColumn, textListColumn, timeColumn, uuidColumn, type Row } from '../platform/database/columns';

/** The record of a carrier or PBX: a SIP domain that admits callers by password, by address, or both. */
@Entity('registrar_trunks')
export class TrunkEntity {
  @PrimaryColumn(uuidColumn)
  id!: string;

  @Column({ ...uuidColumn, name: 'customer_id' })
  customerId!: string;

  @Column(textColumn)
  name!: string;

  @Column(textColumn)
  detail!: string;

  @Column({ ...textColumn, name: 'domain_name' })
  domainName!: string;

  @Column({ ...textListColumn, name: 'auth_types' })
  authTypes!: string[];

  @Column(textColumn)
  realm!: string;

  @Column(textColumn)
  username!: string;

  @Column(textColumn)
  password!: string;

  @Column({ ...textListColumn, name: 'allowed_ips' })
  allowedIps!: string[];

  @Column({ ...timeColumn, name: 'tm_create' })
  tmCreate!: string | null;

  @Column({ ...timeColumn, name: 'tm_update' })
  tmUpdate!: string | null;

  @Column({ ...timeColumn, name: 'tm_delete' })
  tmDelete!: string | null;
}

export type TrunkRow = Row<TrunkEntity>;
