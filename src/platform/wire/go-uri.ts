import { decodeUtf8 } from './go-utf8';

/** Go's url.Parse would refuse this URI. */
export class UriSyntaxError extends Error {
  override readonly name = 'UriSyntaxError';
}

interface ParsedUri {
  /** Raw path: what stands before `?` and `#`, without scheme and host. */
  readonly path: string;
  /** Undefined when there is no `?`. */
  readonly query: string | undefined;
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const HOST = /^[A-Za-z0-9!$&'()*+,;=._~-]*(?::[0-9]*)?$/;
const MAX_QUERY_PAIRS = 10_000;

/** Splits a URI the way Go's url.Parse does. Hosts that no caller sends (user info, IPv6, escapes) are refused. */
export function parseUri(raw: string): ParsedUri {
  const [reference, fragment] = cut(raw, '#');
  if (CONTROL.test(reference)) throw new UriSyntaxError('control character in the URI');
  const [hierarchy, query] = cut(reference, '?');
  const path = pathOf(hierarchy);
  if (BAD_ESCAPE.test(path)) throw new UriSyntaxError('bad escape in the path');
  if (fragment !== undefined && BAD_ESCAPE.test(fragment)) throw new UriSyntaxError('bad escape in the fragment');
  return { path, query };
}

/** Percent-decodes path segments; `+` stays. Go splits on `/` after decoding, so `a%2Fb` is two segments. */
export function decodePathSegment(raw: string): string {
  const decoded = unescape(raw);
  if (decoded === undefined) throw new UriSyntaxError('bad escape in the path');
  return decoded;
}

/** First value of each key. A pair that holds a `;` or a bad escape is dropped, the others survive. */
export function parseQuery(query: string | undefined): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const pairs = query?.split('&', MAX_QUERY_PAIRS + 1) ?? [];
  if (pairs.length > MAX_QUERY_PAIRS) return values;
  for (const pair of pairs) {
    if (pair === '' || pair.includes(';')) continue;
    const [rawKey, rawValue = ''] = cut(pair, '=');
    const key = unescape(rawKey.replaceAll('+', ' '));
    const value = unescape(rawValue.replaceAll('+', ' '));
    if (key !== undefined && value !== undefined && !values.has(key)) values.set(key, value);
  }
  return values;
}

function pathOf(hierarchy: string): string {
  const scheme = SCHEME.exec(hierarchy)?.[0] ?? '';
  const rest = hierarchy.slice(scheme.length);
  if (!rest.startsWith('/')) {
    if (scheme !== '') return '';
    if (cut(rest, '/')[0].includes(':')) throw new UriSyntaxError('colon in the first segment of a relative path');
    return rest;
  }
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///'))) return rest;
  const end = rest.indexOf('/', 2);
  if (!HOST.test(end < 0 ? rest.slice(2) : rest.slice(2, end))) throw new UriSyntaxError('unsupported host');
  return end < 0 ? '' : rest.slice(end);
}

function unescape(text: string): string | undefined {
  if (!text.includes('%')) return text;
  if (BAD_ESCAPE.test(text)) return undefined;
  const bytes = text
    .split(/(%[0-9A-Fa-f]{2})/)
    .map((part, index) => (index % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'utf8')));
  return decodeUtf8(Buffer.concat(bytes));
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
