import type { ColumnOptions, ValueTransformer } from 'typeorm';
import { bytesToUuid, uuidToBytes, ZERO_UUID } from '../wire/go-uuid';

/** An entity's columns as a plain object, which code may spread and build freely. */
export type Row<T> = { [Column in keyof T]: T[Column] };

const uuid: ValueTransformer = {
  to: (value: unknown) => (typeof value === 'string' ? uuidToBytes(value) : value),
  from: (value: unknown) => (Buffer.isBuffer(value) ? bytesToUuid(value) : ZERO_UUID),
};

const text: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => (typeof value === 'string' ? value : ''),
};

const textList: ValueTransformer = {
  to: (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : value),
  from: (value: unknown) => toTextList(value),
};

/** BINARY(16) in the text's order; NULL reads as the zero uuid. */
export const uuidColumn = { type: 'binary', length: 16, transformer: uuid } as const satisfies ColumnOptions;

/** A nullable text that reads as empty when NULL, as the original reads it. */
export const textColumn: ColumnOptions = { type: 'varchar', nullable: true, transformer: text };

/**
 * DATETIME(6) kept as text. Declared as varchar because TypeORM turns a declared datetime into a `Date`, which has no
 * microseconds.
 */
export const timeColumn: ColumnOptions = { type: 'varchar', nullable: true };

/** JSON array of strings, bound as text (MySQL refuses a Buffer); NULL, JSON null and anything else read as []. */
export const textListColumn: ColumnOptions = { type: 'varchar', nullable: true, transformer: textList };

function toTextList(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed.filter((entry) => typeof entry === 'string') : [];
  } catch {
    return [];
  }
}
