import { Column, Entity, PrimaryColumn } from 'typeorm';
import { textColumn, timeColumn, uuidColumn, type Row } from '../platform/database/columns';

/** The record of a person's SIP account. A login may exist only while its record is not deleted. */
@Entity('registrar_extensions')
export class ExtensionEntity {
  @PrimaryColumn(uuidColumn)
  id!: string;

  @Column({ ...uuidColumn, name: 'customer_id' })
  customerId!: string;

  @Column(textColumn)
  name!: string;

  @Column(textColumn)
  detail!: string;

  @Column({ ...textColumn, name: 'endpoint_id' })
  endpointId!: string;

  @Column({ ...textColumn, name: 'aor_id' })
  aorId!: string;

  @Column({ ...textColumn, name: 'auth_id' })
  authId!: string;

  @Column(textColumn)
  extension!: string;

  @Column({ ...textColumn, name: 'domain_name' })
  domainName!: string;

  @Column(textColumn)
  realm!: string;

  /** The digest user name. */
  @Column(textColumn)
  username!: string;

  @Column(textColumn)
  password!: string;

  @Column({ ...uuidColumn, name: 'direct_id' })
  directId!: string;

  @Column({ ...textColumn, name: 'direct_hash' })
  directHash!: string;

  @Column({ ...timeColumn, name: 'tm_create' })
  tmCreate!: string | null;

  @Column({ ...timeColumn, name: 'tm_update' })
  tmUpdate!: string | null;

  @Column({ ...timeColumn, name: 'tm_delete' })
  tmDelete!: string | null;
}

export type ExtensionRow = Row<ExtensionEntity>;
