import type { ExtensionRow } from '../extension/extension.entity';
import type { Evidence } from './evidence';

const SHOWN_MAX = 80;

/** SQL for the operator to run: the service changes no column of others. */
export function sqlOf(statement: string): string {
  return `in the database asterisk: ${statement};`;
}

/** A stored value in a sentence. */
export function quoted(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  return value.length > SHOWN_MAX ? `"${value.slice(0, SHOWN_MAX)}…"` : `"${value}"`;
}

export function update({ id }: Pick<ExtensionRow, 'id'>, flags: string): string {
  return `registrar-control extension update --id ${id} ${flags}`;
}

/** What repairs rows that differ from the record. */
export function repair({ record, domain }: Pick<Evidence, 'record' | 'domain'>): string {
  if (domain.isRepaired) return 'registrar-control reconcile';
  return `delete the extension and create it again: registrar-control extension delete --id ${record.id}`;
}

/** A number of the original may hold anything, so a shell must not read it. */
export function subjectOf({ customerId, extension }: Pick<ExtensionRow, 'customerId' | 'extension'>): string {
  const number = /^[\w.+-]+$/.test(extension) ? extension : `'${extension.replaceAll("'", `'\\''`)}'`;
  return `--customer-id ${customerId} --extension-number ${number}`;
}
