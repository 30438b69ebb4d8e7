import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../../platform/database/columns';

/** The AOR of an extension; it takes up to `max_contacts` contacts. Asterisk reads these columns. */
@Entity('ps_aors')
export class PsAorEntity {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ name: 'max_contacts', type: 'int', nullable: true })
  maxContacts!: number | null;

  @Column({ name: 'remove_existing', type: 'varchar', nullable: true })
  removeExisting!: string | null;
}

export type PsAorRow = Row<PsAorEntity>;
