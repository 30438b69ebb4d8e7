import type { Cells } from './extension-columns';

/** A row of a file before its values are checked. */
export interface FileRow {
  /** The place in the file: the line in CSV, the position in a JSON list. */
  readonly at: string;
  readonly cells: Readonly<Cells>;
  readonly problems: readonly string[];
  /** An apostrophe was removed from the password. */
  readonly hasMarkedPassword?: boolean;
}
