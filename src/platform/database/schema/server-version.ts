/** The server's version, read from `SELECT VERSION()`. */
interface ServerVersion {
  readonly product: 'MySQL' | 'MariaDB';
  /** Undefined where the server does not say the last number. */
  readonly parts: readonly [number, number, number | undefined];
}

/** SKIP LOCKED and JSON_TABLE: without them no event leaves the outbox. */
const NEEDED = 'MySQL 8.0.19 or MariaDB 10.6 is needed (for SKIP LOCKED and JSON_TABLE)';
const MINIMUM = { MySQL: [8, 0, 19], MariaDB: [10, 6, 0] };

/**
 * Reads `8.0.36-28.1`, `8.0.mysql_aurora.3.04.0`, `10.11.6-MariaDB-log`, `5.5.5-10.5.9-MariaDB` (as MariaDB reports
 * itself to old clients and through some proxies). Undefined for any other form.
 */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const product = /mariadb/i.test(text) ? 'MariaDB' : 'MySQL';
  const own = product === 'MariaDB' ? text.replace(/^5\.5\.5-(?=\d)/, '') : text;
  const [found, major, minor, patch] = /^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,6}))?(?![\d])/.exec(own) ?? [];
  if (found === undefined) return undefined;
  return { product, parts: [Number(major), Number(minor), patch === undefined ? undefined : Number(patch)] };
}

/** A number that the server does not report counts as high enough. */
export function isTooOld({ product, parts }: ServerVersion): boolean {
  for (const [at, least] of MINIMUM[product].entries()) {
    const part = parts[at] ?? Infinity;
    if (part !== least) return part < least;
  }
  return false;
}

/** The problem with the server's version, in words; undefined when none is known. */
export function versionProblem(text: string): { readonly text: string; readonly isTooOld: boolean } | undefined {
  const version = parseServerVersion(text);
  const said = /^[\w.+:~-]{1,64}$/.test(text) ? text : 'a text that is no version';
  if (version === undefined) return { text: `the server's version cannot be read: it says ${said}`, isTooOld: false };
  if (!isTooOld(version)) return undefined;
  return { text: `the server is ${version.product}, version ${said}; ${NEEDED}`, isTooOld: true };
}
