/** Rows compared together: large enough to be quick, small enough not to hold up requests or memory. */
export const CHUNK = 500;

/** Reads a table chunk by chunk in key order; holds one chunk at a time. */
export async function* inChunks<T>(
  read: (after: string | undefined, limit: number) => Promise<T[]>,
  keyOf: (row: T) => string,
): AsyncGenerator<T[]> {
  let after: string | undefined;
  for (;;) {
    const rows = await read(after, CHUNK);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHUNK) return;
    after = keyOf(last);
  }
}
