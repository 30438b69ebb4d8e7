import type { Cells } from './extension-columns';

/** A row of a file before its values are checked. */
export interface FileRow {
  /** Where it stands: the line of a CSV file, the place in a JSON list. */
  readonly at: string;
  readonly cells: Readonly<Cells>;
  readonly problems: readonly string[];
  /** An apostrophe was taken off its password. */
  readonly hasMarkedPassword?: boolean;
}
