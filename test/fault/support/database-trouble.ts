import mysql from 'mysql2/promise';
import { setTimeout as pause } from 'node:timers/promises';
import { backingServers } from '../../support/environment';

/** A connection of somebody else's, who holds locks and ends other people's connections. */
export class DatabaseTrouble {
  private constructor(private readonly connection: mysql.Connection) {}

  static async connect(): Promise<DatabaseTrouble> {
    const { host, port, user, password } = backingServers().sql;
    const connection = await mysql.createConnection({ host, port, user, password });
    connection.on('error', () => undefined);
    return new DatabaseTrouble(connection);
  }

  async lockTable(database: string, table: string): Promise<void> {
    await this.connection.query('SET lock_wait_timeout = 5');
    await this.connection.query(`LOCK TABLES ${database}.${table} WRITE`);
  }

  async lockRows(database: string, table: string, where: string): Promise<void> {
    await this.connection.query('BEGIN');
    await this.connection.query(`SELECT * FROM ${database}.${table} WHERE ${where} FOR UPDATE`);
  }

  /** Gives every lock back. */
  async release(): Promise<void> {
    await this.connection.query('UNLOCK TABLES');
    await this.connection.query('ROLLBACK');
  }

  /** Ends connections to these databases, again and again, wherever their transactions are. */
  async killConnections(databases: readonly string[], isOver: () => boolean): Promise<number> {
    let killed = 0;
    const [[own]] = await this.connection.query<mysql.RowDataPacket[]>('SELECT connection_id() AS id');
    while (!isOver()) {
      const [rows] = await this.connection.query<mysql.RowDataPacket[]>(
        'SELECT id FROM information_schema.processlist WHERE db IN (?) AND id <> ? ORDER BY rand() LIMIT 6',
        [databases, own?.['id']],
      );
      for (const { id } of rows) {
        const isKilled = await this.connection.query(`KILL ${Number(id)}`).then(
          () => true,
          () => false,
        );
        if (isKilled) killed++;
      }
      await pause(15);
    }
    return killed;
  }

  close(): void {
    this.connection.destroy();
  }
}
