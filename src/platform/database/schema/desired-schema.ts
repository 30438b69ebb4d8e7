import { ASTERISK_ADDITIONS, ASTERISK_TABLES, ASTERISK_UNIQUE_IDS } from './asterisk.schema';
import { BIN_ADDITIONS, BIN_ALIVE_KEYS, BIN_TABLES, BIN_UNIQUE_IDS } from './bin.schema';
import type { SchemaSide } from './schema-report';
import type { SchemaStep } from './schema-step';

/** Every step of each database, in the order in which they can be applied. */
export const DESIRED_SCHEMA: Record<SchemaSide, SchemaStep[]> = {
  bin: [...BIN_TABLES, ...BIN_ADDITIONS, ...BIN_ALIVE_KEYS, ...BIN_UNIQUE_IDS],
  asterisk: [...ASTERISK_TABLES, ...ASTERISK_ADDITIONS, ...ASTERISK_UNIQUE_IDS],
};

/** How our own table has that column. */
export function columnDefinition(side: SchemaSide, table: string, column: string): string | undefined {
  const definitions = DESIRED_SCHEMA[side].find((step) => step.table === table)?.definitions;
  return definitions?.find((definition) => definition.startsWith(`${column} `));
}
