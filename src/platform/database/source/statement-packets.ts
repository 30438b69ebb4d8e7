import { QueryFailedError, type QueryRunner } from 'typeorm';
import { isDeadlockOrLockWait } from '../mysql-errors';

/** The part of a mysql2 connection that sends statements. */
export interface StatementConnection {
  format(sql: string, values: readonly unknown[]): string;
  query(sql: string, done: (error: Error | null, result?: unknown, fields?: unknown) => void): void;
}

interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const BEGIN = 'START TRANSACTION';
const AFTER_ROLLBACK = /^(?:ROLLBACK$|select release_)/;

/**
 * Makes a query runner send its statements straight to its connection, in packets: statements that are issued in one
 * turn of the event loop go together, in the order in which they were issued. The server runs them one after another,
 * and none after one that fails. A transaction begins with its first statement. See docs/decisions/0047.
 */
export class StatementPackets {
  private waiting: Statement[] = [];
  private sending = Promise.resolve();
  private isBeginDue = false;
  /** The transaction was rolled back: a statement now would be one of its own, and committed at once. */
  private isRolledBack = false;

  constructor(
    private readonly runner: QueryRunner,
    private readonly connection: StatementConnection,
    /** False for a server, or a proxy before it, that takes one statement a packet. */
    private readonly takesMany: boolean,
    private readonly noteError: (error: Error) => void,
  ) {}

  install(): void {
    Object.assign(this.runner, {
      query: (sql: string, values?: readonly unknown[], isStructured?: boolean) =>
        this.query(sql, values, isStructured),
      startTransaction: () => this.begin(),
      commitTransaction: () => this.end('COMMIT'),
      rollbackTransaction: () => this.end('ROLLBACK'),
    });
  }

  private query(sql: string, values: readonly unknown[] = [], isStructured = false): Promise<unknown> {
    const result = new Promise<unknown>((resolve, reject) => {
      if (this.runner.isReleased) throw new Error('the connection is given back already');
      if (this.waiting.length === 0) process.nextTick(() => this.flush());
      this.waiting.push({ sql, values, resolve, reject });
    });
    return isStructured ? result.then(structured) : result;
  }

  private begin(): Promise<void> {
    this.isBeginDue = true;
    this.isRolledBack = false;
    Object.assign(this.runner, { isTransactionActive: true });
    return Promise.resolve();
  }

  private async end(sql: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    if (!this.isBeginDue || this.waiting.length > 0) await this.query(sql);
    this.isBeginDue = false;
    if (sql === 'ROLLBACK') this.isRolledBack = true;
    Object.assign(this.runner, { isTransactionActive: false });
  }

  private flush(): void {
    const statements = this.waiting;
    this.waiting = [];
    if (this.isBeginDue)
      statements.unshift({ sql: BEGIN, values: [], resolve: () => undefined, reject: () => undefined });
    this.isBeginDue = false;
    const packets = this.takesMany ? [statements] : statements.map((statement) => [statement]);
    this.sending = this.sending.then(() => this.sendAll(packets));
  }

  private async sendAll(packets: readonly (readonly Statement[])[]): Promise<void> {
    for (const [at, packet] of packets.entries()) {
      const failure = await this.send(packet).catch((error: unknown) => error as Error);
      if (failure === undefined) continue;
      // After a conflict the server has rolled the transaction back already.
      if (this.runner.isTransactionActive && isDeadlockOrLockWait(failure)) this.isRolledBack = true;
      for (const { sql, values, reject } of packets.slice(at).flat())
        reject(new QueryFailedError(sql, [...values], failure));
      return;
    }
  }

  /** Resolves the statements of a packet, or returns why it failed. */
  private send(packet: readonly Statement[]): Promise<Error | undefined> {
    if (this.isRolledBack && !packet.every(({ sql }) => AFTER_ROLLBACK.test(sql)))
      return Promise.resolve(new Error('the transaction was rolled back'));
    return new Promise((resolve) => {
      const texts = packet.map(({ sql, values }) => (values.length > 0 ? this.connection.format(sql, values) : sql));
      this.runner.dataSource.logger.logQuery(packet.map(({ sql }) => sql).join(';\n'), undefined, this.runner);
      this.connection.query(texts.join(';\n'), (error, result, fields) => {
        if (error !== null) {
          this.noteError(error);
          resolve(error);
          return;
        }
        const results = packet.length === 1 ? [result] : resultsOf(result, fields);
        if (results.length !== packet.length) {
          resolve(new Error('the server did not run every statement of a packet'));
          return;
        }
        for (const [at, statement] of packet.entries()) statement.resolve(results[at]);
        resolve(undefined);
      });
    });
  }
}

/** The result of each statement of a packet; none when there was only one result, whose fields are not lists. */
function resultsOf(result: unknown, fields: unknown): readonly unknown[] {
  const areMany = Array.isArray(fields) && fields.every((one) => one === undefined || Array.isArray(one));
  return areMany ? (result as unknown[]) : [];
}

/** What TypeORM's builders read of a result. */
function structured(raw: unknown): { raw: unknown; records: unknown[]; affected?: number } {
  const { affectedRows } = raw as { affectedRows?: number };
  return {
    raw,
    records: Array.isArray(raw) ? raw : [],
    ...(affectedRows !== undefined && { affected: affectedRows }),
  };
}

/**
 * Waits for work that was issued together until all of it has ended, so that nothing is sent after a rollback. The first
 * in order that failed gives the error, because the server ran no statement after it.
 */
export async function together<const T extends readonly unknown[]>(
  ...issued: T
): Promise<{ -readonly [At in keyof T]: Awaited<T[At]> }> {
  const ended = await Promise.allSettled(issued);
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  }) as { -readonly [At in keyof T]: Awaited<T[At]> };
}
