const PLAIN = /^[\w.@+*~!:^;-]*$/;

/**
 * A text as a literal for SQL that a person runs. Another text than an id is written in hexadecimal digits, which no quote
 * can end, and which mean the same under every sql_mode. The column's collation is used and its index, which
 * CONVERT … USING would prevent.
 */
export function sqlText(text: string): string {
  return PLAIN.test(text) ? `'${text}'` : `_utf8mb4 X'${Buffer.from(text).toString('hex')}'`;
}
