/**
 * Two ids that the columns' collations (`*_general_ci`, `*_0900_ai_ci`) take for one fold to one text: case, accents and
 * trailing blanks do not count. Only for finding rows again in memory; the database has the last word.
 */
export function foldId(id: string): string {
  const isPlain = /^[\x21-\x7e]*$/.test(id);
  return isPlain ? id.toLowerCase() : id.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/ +$/, '');
}

/** Rows by what their ids fold to. */
export function indexById<T extends { readonly id: string }>(rows: readonly T[]): ReadonlyMap<string, T> {
  return new Map(rows.map((row) => [foldId(row.id), row]));
}
