import { ASTERISK_STEPS } from './asterisk.schema';

const COLUMN = /^`?([a-z0-9_]+)`? /;

/** The columns that a table has when the service creates it; those of other versions of Asterisk differ. */
export function knownColumns(table: string): ReadonlySet<string> {
  const definitions = ASTERISK_STEPS.find((step) => step.table === table)?.definitions ?? [];
  return new Set(definitions.flatMap((definition) => COLUMN.exec(definition)?.[1] ?? []));
}
