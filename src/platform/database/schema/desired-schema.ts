import { ASTERISK_NEEDS, ASTERISK_STEPS } from './asterisk.schema';
import { BIN_NEEDS, BIN_STEPS } from './bin.schema';
import type { SchemaSide } from './schema-report';
import type { SchemaStep } from './schema-step';
import type { TableNeeds } from './table-needs';

interface DesiredSchema {
  /** What must exist; the service adds what is missing. */
  readonly steps: readonly SchemaStep[];
  /** What existing tables must be able to hold; the service does not alter them for it. */
  readonly needs: Readonly<Record<string, TableNeeds>>;
}

export const DESIRED_SCHEMA: Record<SchemaSide, DesiredSchema> = {
  bin: { steps: BIN_STEPS, needs: BIN_NEEDS },
  asterisk: { steps: ASTERISK_STEPS, needs: ASTERISK_NEEDS },
};
