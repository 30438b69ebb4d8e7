/**
 * Ids that the collations of the columns (`*_general_ci`, `*_0900_ai_ci`) treat as equal fold to the same text: case,
 * accents and trailing blanks do not count. Only for finding rows in memory; the database decides.
 */
export function foldId(id: string): string {
  const isPlain = /^[\x21-\x7e]*$/.test(id);
  return isPlain ? id.toLowerCase() : id.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/ +$/, '');
}

/** Rows by their folded ids. */
export function indexById<T extends { readonly id: string }>(rows: readonly T[]): ReadonlyMap<string, T> {
  return new Map(rows.map((row) => [foldId(row.id), row]));
}
