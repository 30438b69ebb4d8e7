// A database client that connects again after the server has restarted.
import mysql from 'mysql2/promise';

export class Sql {
  #settings;
  #connection = null;

  constructor({ host, port, user, password }) {
    this.#settings = { host, port, user, password, dateStrings: true, connectTimeout: 3_000 };
  }

  async query(text, parameters) {
    this.#connection ??= await mysql.createConnection(this.#settings);
    try {
      const [rows] = await this.#connection.query({ sql: text, timeout: 20_000 }, parameters);
      return rows;
    } catch (error) {
      if (error.fatal) this.end();
      throw error;
    }
  }

  /** Runs `work` on one snapshot of both databases; they are on one server here, so one InnoDB snapshot covers both. */
  async snapshot(work) {
    await this.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await this.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    try {
      return await work();
    } finally {
      await this.query('ROLLBACK').catch(() => {});
    }
  }

  /** Closes the connection, which releases its locks. */
  end() {
    this.#connection?.destroy();
    this.#connection = null;
  }
}
