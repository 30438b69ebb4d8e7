import { readCatalog, type SqlRunner } from '../schema-catalog';

/** Drops keys by the names we gave them, then columns; what is not there is passed over. */
export async function dropAdditions(
  runner: SqlRunner,
  table: string,
  { keys = [], columns = [] }: { keys?: string[]; columns?: string[] },
): Promise<void> {
  const found = (await readCatalog(runner)).tables.get(table);
  for (const key of keys.filter((name) => found?.indexes.has(name))) {
    await runner.query(`ALTER TABLE ${table} DROP KEY ${key}`);
  }
  for (const column of columns.filter((name) => found?.columns.get(name)?.generated)) {
    await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column}`);
  }
}
