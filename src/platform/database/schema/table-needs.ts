import type { Stops } from './schema-report';

export interface ColumnNeed {
  /** In characters; in bytes for binary. */
  readonly length?: number;
  /** What a column that is too short stops, where that is less than the table's own. */
  readonly shortStops?: Stops;
  /** Exactly the 16 bytes of a uuid. */
  readonly uuid?: true;
  readonly microseconds?: true;
  readonly takesNull?: true;
  /** Words that the column must be able to hold. */
  readonly words?: readonly string[];
  /** Filled by the server when an INSERT does not name it. */
  readonly filled?: true;
  /** Neither read nor written by us: that it is missing is only told. */
  readonly unused?: true;
}

/** What every column of a table that the service writes or reads must be able to hold. */
export interface TableNeeds {
  readonly stops: Stops;
  readonly columns: ReadonlyMap<string, ColumnNeed>;
}

export const UUID: ColumnNeed = { uuid: true };
export const KEY: ColumnNeed = { length: 255 };
/** What people write: most of it is short. A longer one is refused by the server, and its writer is told. */
export const TEXT: ColumnNeed = { length: 255, shortStops: 'nothing' };
export const TIME: ColumnNeed = { microseconds: true };
export const OPTIONAL_TIME: ColumnNeed = { microseconds: true, takesNull: true };
export const UNUSED: ColumnNeed = { unused: true };

/** By the names of columns that need the same, with blanks between them. */
export function needs(stops: Stops, byNames: Record<string, ColumnNeed>): TableNeeds {
  const columns = Object.entries(byNames).flatMap(([names, need]) =>
    names.split(' ').map((name) => [name, need] as const),
  );
  return { stops, columns: new Map(columns) };
}
