// The database as it is after some days of use: its buffer pool holds what is asked for.
import mysql from 'mysql2/promise';

const INDEXES = `
  SELECT DISTINCT CONCAT(table_schema, '.', table_name) AS path, index_name AS name
    FROM information_schema.statistics
   WHERE table_schema IN (?, ?) AND (table_name LIKE 'registrar_%' OR table_name LIKE 'ps_%')`;
/** A small log makes the server write pages while it is measured. */
const LOG_BYTES = 2 ** 30;

/** Sets the size of the pool, and reads every index of our tables once. What does not fit stays on the disk. */
export async function fillPool({ host, port, user, password }, megabytes, installations) {
  const connection = await mysql.createConnection({ host, port, user, password });
  try {
    await connection.query(`SET GLOBAL innodb_buffer_pool_size = ${megabytes * 2 ** 20}`);
    await connection.query(`SET GLOBAL innodb_log_file_size = ${LOG_BYTES}`);
    for (const { databases } of installations) {
      const [indexes] = await connection.query(INDEXES, [databases.bin, databases.asterisk]);
      for (const { path, name } of indexes)
        await connection.query(`SELECT COUNT(*) FROM ${path} FORCE INDEX (\`${name}\`)`);
    }
  } finally {
    connection.destroy();
  }
}
