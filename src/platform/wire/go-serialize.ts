const GO_ESCAPES = /\\\\|\\ud[89a-f][0-9a-f]{2}|[<>&\u2028\u2029]/g;

/** JSON as Go's encoder writes it: `<`, `>`, `&`, U+2028, U+2029 escaped, lone surrogates replaced. */
export function serialize(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError('this value has no JSON form');
  return json.replace(GO_ESCAPES, (found) => {
    if (found === '\\\\') return found;
    return found.length > 1 ? '\\ufffd' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The shortest decimal that reads back as the same 32-bit float: 3.1, not 3.0999999046325684. */
export function float32(value: number): number {
  const exact = Math.fround(value);
  if (!Number.isFinite(exact)) return exact;
  for (let digits = 1; digits < 9; digits += 1) {
    const shorter = Number(exact.toPrecision(digits));
    if (Math.fround(shorter) === exact) return shorter;
  }
  return Number(exact.toPrecision(9));
}
