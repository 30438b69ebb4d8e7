export const COLUMNS = ['customer_id', 'extension', 'username', 'password', 'name', 'detail'] as const;
export type Column = (typeof COLUMNS)[number];
/** The values of a row. */
export type Cells = Partial<Record<Column, string>>;

const SPELLINGS: ReadonlyMap<string, Column> = new Map<string, Column>([
  ...COLUMNS.map((column) => [fold(column), column] as const),
  ['number', 'extension'],
  ['extensionnumber', 'extension'],
]);

/** What `get`, `list` and `export` write besides: read over, so that it can be imported again. */
const IGNORED = new Set(
  [
    ...['id', 'endpoint_id', 'aor_id', 'auth_id', 'domain_name', 'realm', 'direct_id', 'direct_hash'],
    ...['tm_create', 'tm_update', 'tm_delete', 'status', 'max_contacts', 'contacts'],
  ].map(fold),
);

/** What a title of a file stands for: a column of ours, one that is read over, or nothing that is known. */
export function columnOf(title: string): Column | 'ignored' | undefined {
  const name = fold(title);
  return SPELLINGS.get(name) ?? (IGNORED.has(name) ? 'ignored' : undefined);
}

/** What is wrong with the titles of a file, each fault once and by name; no value of a file without titles is shown. */
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

/** A name as headers have it: no value of a person's, a password above all. */
function isWord(title: string): boolean {
  return /^(?=.{1,40}$)[a-z]+(?:[ _-][a-z0-9]+)*$/i.test(title.trim());
}

/** A title in any language, beside one that is known. */
function isTitle(title: string): boolean {
  return /^(?=.{1,40}$)\p{L}[\p{L}\p{M}\p{N} ._/-]*$/u.test(title.trim());
}

/** Case, accents, what is not seen, blanks, hyphens and underscores do not tell titles apart. */
function fold(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ı', 'i')
    .replace(/[\p{M}\p{Cf}\s_-]+/gu, '');
}
