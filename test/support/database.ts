import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import { backingServers, type SqlServer } from './environment';

export type Row = Record<string, unknown>;
export type Parameter = string | number | Buffer | null;

export const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

export function uuidToBinary(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

export function binaryToUuid(binary: Buffer): string {
  return binary.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const JSON_COLUMNS = new Set(['auth_types', 'allowed_ips']);

/** Turns ids into text and parses JSON, which MySQL returns parsed and MariaDB as text. */
function readable(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (Buffer.isBuffer(value) && value.length === 16) return [column, binaryToUuid(value)];
      if (JSON_COLUMNS.has(column) && typeof value === 'string') return [column, JSON.parse(value) as unknown];
      return [column, value];
    }),
  );
}

/** A database for one test file, dropped after it. */
export class TestDatabase {
  private constructor(
    readonly name: string,
    private readonly server: SqlServer,
    private readonly pool: mysql.Pool,
  ) {}

  static async create(kind: 'bin' | 'asterisk'): Promise<TestDatabase> {
    const { sql } = backingServers();
    const name = `registrar_test_${kind}_${randomUUID().slice(0, 8)}`;
    const options = { host: sql.host, port: sql.port, user: sql.user, password: sql.password, dateStrings: true };
    const administrator = await mysql.createConnection(options);
    await administrator.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
    await administrator.end();
    return new TestDatabase(name, sql, mysql.createPool({ ...options, database: name, connectionLimit: 4 }));
  }

  /** The address as a DSN of the Go driver; `port` may be the port of a proxy. */
  dsn(port = this.server.port): string {
    const { user, password, host } = this.server;
    return `${user}:${password}@tcp(${host}:${port})/${this.name}?parseTime=true`;
  }

  get port(): number {
    return this.server.port;
  }

  async rows(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    const [rows] = await this.pool.query<mysql.RowDataPacket[]>(sql, [...parameters]);
    return rows.map((row) => readable(row));
  }

  async row(sql: string, parameters: readonly Parameter[] = []): Promise<Row | undefined> {
    return (await this.rows(sql, parameters))[0];
  }

  async count(table: string, where = '1 = 1', parameters: readonly Parameter[] = []): Promise<number> {
    const row = await this.row(`SELECT count(*) AS n FROM ${table} WHERE ${where}`, parameters);
    return Number(row?.['n']);
  }

  async run(sql: string, parameters: readonly Parameter[] = []): Promise<void> {
    await this.pool.query(sql, [...parameters]);
  }

  async insert(table: string, row: Record<string, Parameter>): Promise<void> {
    await this.insertAll(table, [row]);
  }

  /** Inserts all rows in one statement; they have the same columns in the same order. */
  async insertAll(table: string, rows: readonly Record<string, Parameter>[]): Promise<void> {
    const columns = Object.keys(rows[0] ?? {});
    const places = rows.map(() => `(${columns.map(() => '?').join(', ')})`).join(', ');
    await this.run(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places}`,
      rows.flatMap((row) => Object.values(row)),
    );
  }

  /** Makes each such statement on the table fail on the server, until `allow`. */
  async refuse(statement: 'INSERT' | 'UPDATE' | 'DELETE', table: string): Promise<void> {
    await this.run(
      `CREATE TRIGGER refuse_${statement}_${table} BEFORE ${statement} ON ${table} FOR EACH ROW
       SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by the test'`,
    );
  }

  async allow(statement: 'INSERT' | 'UPDATE' | 'DELETE', table: string): Promise<void> {
    await this.run(`DROP TRIGGER IF EXISTS refuse_${statement}_${table}`);
  }

  async drop(): Promise<void> {
    if (!this.name.includes('test')) throw new Error(`will not drop ${this.name}: it is not a test database`);
    await this.run(`DROP DATABASE IF EXISTS ${this.name}`);
    await this.pool.end();
  }
}
