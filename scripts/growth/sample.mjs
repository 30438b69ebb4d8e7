// Picks seeded records at random, so that every size is read where its rows lie.
import { randomBytes } from 'node:crypto';
import { BIG_CUSTOMER_SQL } from './seed.mjs';

const uuidOf = (bytes) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const record = ({ id, customer_id: customer, ...rest }) => ({ id: uuidOf(id), customer: uuidOf(customer), ...rest });

export async function bigCustomer(sql) {
  const [{ id }] = await sql.query(`SELECT ${BIG_CUSTOMER_SQL} AS id`);
  return { id, bytes: Buffer.from(id.replaceAll('-', ''), 'hex') };
}

/** Different living records of the usual customers, in random order. */
export async function sampleOf(sql, table, column, big, count) {
  const found = new Map();
  const query = `SELECT id, customer_id, ${column} FROM ${table}
                  WHERE id > ? AND tm_delete IS NULL AND customer_id <> ? ORDER BY id LIMIT 1`;
  while (found.size < count) {
    const [row] = await sql.query(query, [randomBytes(16), big.bytes]);
    if (row !== undefined) found.set(row.id.toString('hex'), record(row));
  }
  return [...found.values()];
}

/** The page token of the page in the middle of a customer's list. */
export async function middleOf(sql, table, big) {
  const where = `FROM ${table} WHERE customer_id = ?`;
  const [{ count }] = await sql.query(`SELECT COUNT(*) AS count ${where}`, [big.bytes]);
  const query = `SELECT tm_create AS token ${where} ORDER BY tm_create DESC LIMIT 1 OFFSET ${Math.floor(count / 2)}`;
  const [{ token }] = await sql.query(query, [big.bytes]);
  return `${token.replace(' ', 'T')}Z`;
}
