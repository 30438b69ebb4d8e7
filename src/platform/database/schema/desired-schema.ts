import { ASTERISK_ADDITIONS, ASTERISK_TABLES } from './asterisk.schema';
import { BIN_ADDITIONS, BIN_ALIVE_KEYS, BIN_TABLES } from './bin.schema';
import type { SchemaSide } from './schema-report';
import type { SchemaStep } from './schema-step';

/** Every step of each database, in the order in which they can be applied. */
export const DESIRED_SCHEMA: Record<SchemaSide, SchemaStep[]> = {
  bin: [...BIN_TABLES, ...BIN_ADDITIONS, ...BIN_ALIVE_KEYS],
  asterisk: [...ASTERISK_TABLES, ...ASTERISK_ADDITIONS],
};
