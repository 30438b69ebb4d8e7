export const COLUMNS = ['customer_id', 'extension', 'username', 'password', 'name', 'detail'] as const;
export type Column = (typeof COLUMNS)[number];
/** The values of a row. */
export type Cells = Partial<Record<Column, string>>;

const SPELLINGS: ReadonlyMap<string, Column> = new Map<string, Column>([
  ...COLUMNS.map((column) => [fold(column), column] as const),
  ['number', 'extension'],
  ['extensionnumber', 'extension'],
]);

/** Further columns that `get`, `list` and `export` write. An import ignores them, so that it takes such a file. */
const IGNORED = new Set(
  [
    ...['id', 'endpoint_id', 'aor_id', 'auth_id', 'domain_name', 'realm', 'direct_id', 'direct_hash'],
    ...['tm_create', 'tm_update', 'tm_delete', 'status', 'max_contacts', 'contacts'],
  ].map(fold),
);

/** The column of a title, `ignored` for a known title that is not imported, `undefined` for an unknown one. */
export function columnOf(title: string): Column | 'ignored' | undefined {
  const name = fold(title);
  return SPELLINGS.get(name) ?? (IGNORED.has(name) ? 'ignored' : undefined);
}

/** The faults in the titles of a file, each once and by name. In a file without titles, no value is shown. */
export function faultsOfTitles(titles: readonly string[], what: 'column' | 'key'): string[] {
  const unknown = titles.filter((title) => title.trim() !== '' && columnOf(title) === undefined);
  const hasKnown = titles.some((title) => columnOf(title) !== undefined);
  if (!hasKnown && titles.some((title) => /\d/.test(title))) {
    const hint = what === 'column' ? ': the first line must hold the titles' : '';
    return [`has none of the ${what}s ${COLUMNS.join(', ')}${hint}`];
  }
  const shown = unknown.filter(hasKnown ? isTitle : isWord).map((title) => title.trim());
  const hidden = unknown.length - shown.length;
  const untitled = titles.flatMap((title, index) => (title.trim() === '' ? [index + 1] : []));
  return [
    ...(shown.length > 0 ? [`unknown ${what}s: ${shown.join(', ')}`] : []),
    ...(hidden > 0 ? [`${hidden} unknown ${hidden === 1 ? what : `${what}s`} without a name to show`] : []),
    ...(untitled.length === 1 ? [`column ${untitled.join()} has no title`] : []),
    ...(untitled.length > 1 ? [`columns ${untitled.join(', ')} have no title`] : []),
    ...repeated(titles).map((column) => `${what} ${column} is there twice`),
    ...(unknown.length > 0 ? [`known are ${COLUMNS.join(', ')}`] : []),
  ];
}

function repeated(titles: readonly string[]): string[] {
  const columns = titles.map((title) => {
    const column = columnOf(title);
    return column === 'ignored' ? fold(title) : column;
  });
  return [...new Set(columns.filter((column, index) => columns.indexOf(column) !== index))].filter(
    (column) => column !== undefined,
  );
}

/** A text that looks like a column name and not like a value, such as a password. */
function isWord(title: string): boolean {
  return /^(?=.{1,40}$)[a-z]+(?:[ _-][a-z0-9]+)*$/i.test(title.trim());
}

/** A title in any language; used when the file also has a known title. */
function isTitle(title: string): boolean {
  return /^(?=.{1,40}$)\p{L}[\p{L}\p{M}\p{N} ._/-]*$/u.test(title.trim());
}

/** Titles are compared without case, accents, invisible characters, blanks, hyphens and underscores. */
function fold(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ı', 'i')
    .replace(/[\p{M}\p{Cf}\s_-]+/gu, '');
}
