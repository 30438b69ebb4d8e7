/** JSON without these needs no further escape; to look for them costs far less than to replace. */
const BEGIN_ESCAPES = ['\\', '<', '>', '&', '\u2028', '\u2029'];
const GO_ESCAPES = /\\\\|\\ud[89a-f][0-9a-f]{2}|[<>&\u2028\u2029]/g;

/** JSON as Go's encoder writes it: `<`, `>`, `&`, U+2028, U+2029 escaped, lone surrogates replaced. */
export function serialize(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError('this value has no JSON form');
  if (!BEGIN_ESCAPES.some((character) => json.includes(character))) return json;
  return json.replace(GO_ESCAPES, (found) => {
    if (found === '\\\\') return found;
    return found.length > 1 ? '\\ufffd' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The shortest decimal that reads back as the same 32-bit float: 3.1, not 3.0999999046325684. */
export function float32(value: number): number {
  const exact = Math.fround(value);
  if (!Number.isFinite(exact) || exact === 0) return exact;
  const [mantissa = '', exponent = ''] = Math.abs(exact).toExponential(100).split('e');
  const digits = mantissa.replace('.', '');
  for (let length = 1; length < 9; length += 1) {
    const shorter = nearest(digits, Number(exponent), length, Math.abs(exact));
    if (shorter !== undefined) return Math.sign(exact) * shorter;
  }
  return Number(exact.toPrecision(9));
}

/** The decimal of `length` digits nearest to `exact` that reads back as it; of two equally near ones the even. */
function nearest(digits: string, exponent: number, length: number, exact: number): number | undefined {
  const below = Number(digits.slice(0, length));
  const rest = digits.slice(length);
  const half = '5'.padEnd(rest.length, '0');
  const up = rest > half || (rest === half && below % 2 === 1);
  const candidates = up ? [below + 1, below] : [below, below + 1];
  return candidates
    .map((mantissa) => Number(`${mantissa}e${exponent - length + 1}`))
    .find((candidate) => Math.fround(candidate) === exact);
}
