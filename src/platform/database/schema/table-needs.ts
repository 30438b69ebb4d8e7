import type { Stops } from './schema-report';

export interface ColumnNeed {
  /** In characters; in bytes for binary. */
  readonly length?: number;
  /** What a too short column stops, where that is less than the table's own `stops`. */
  readonly shortStops?: Stops;
  /** What its absence stops, where that is more than the table's own `stops`. */
  readonly missingStops?: Stops;
  /** Exactly the 16 bytes of a uuid. */
  readonly uuid?: true;
  readonly microseconds?: true;
  readonly takesNull?: true;
  /** Words that the column must be able to hold. */
  readonly words?: readonly string[];
  /** Filled by the server when an INSERT does not name it. */
  readonly filled?: true;
  /** The service neither reads nor writes it: its absence is only reported. */
  readonly unused?: true;
}

/** What the columns of a table must be able to hold. */
export interface TableNeeds {
  readonly stops: Stops;
  readonly columns: ReadonlyMap<string, ColumnNeed>;
}

export const UUID: ColumnNeed = { uuid: true };
export const KEY: ColumnNeed = { length: 255 };
/** Free text, mostly short. The server refuses a text that does not fit, and the caller gets an error. */
export const TEXT: ColumnNeed = { length: 255, shortStops: 'nothing' };
export const TIME: ColumnNeed = { microseconds: true };
export const OPTIONAL_TIME: ColumnNeed = { microseconds: true, takesNull: true };
export const UNUSED: ColumnNeed = { unused: true };

/** `byNames` has the names of columns with the same needs, separated by blanks. */
export function needs(stops: Stops, byNames: Record<string, ColumnNeed>): TableNeeds {
  const columns = Object.entries(byNames).flatMap(([names, need]) =>
    names.split(' ').map((name) => [name, need] as const),
  );
  return { stops, columns: new Map(columns) };
}
