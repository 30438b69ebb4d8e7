// Databases of the write floor: copies of the service's own, so that neither sees the rows of the other.
import { createConnection } from 'mysql2/promise';
import { databases } from '../stack/mariadb.mjs';
import { databaseOptions } from './contacts.mjs';

export const FLOOR_DATABASES = databases.map((name) => `floor_${name}`);

async function copyTable(connection, from, to, table) {
  await connection.query(`CREATE TABLE ${to}.${table} LIKE ${from}.${table}`);
  const [columns] = await connection.query(
    `SELECT column_name AS name FROM information_schema.columns
      WHERE table_schema = ? AND table_name = ? AND extra NOT LIKE '%GENERATED%'`,
    [from, table],
  );
  const names = columns.map(({ name }) => `\`${name}\``).join();
  await connection.query(`INSERT INTO ${to}.${table} (${names}) SELECT ${names} FROM ${from}.${table}`);
}

/** Copies tables and rows. Returns how to empty the outbox of the copy, which no relay empties. */
export async function makeFloorDatabases(status) {
  const connection = await createConnection(databaseOptions(status));
  for (const [index, from] of databases.entries()) {
    const to = FLOOR_DATABASES[index];
    await connection.query(`CREATE DATABASE ${to} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
    const [tables] = await connection.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE'`,
      [from],
    );
    for (const { name } of tables) await copyTable(connection, from, to, name);
  }
  return {
    emptyOutbox: () => connection.query(`TRUNCATE ${FLOOR_DATABASES[0]}.registrar_outbox`),
    close: () => connection.end(),
  };
}
