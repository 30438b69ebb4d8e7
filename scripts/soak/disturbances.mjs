// Disturbances of the service and of the servers around it.
import * as lifecycle from '../stack/lifecycle.mjs';
import { Sql } from './sql.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const LOCKED_TABLES = [
  ['asterisk.ps_auths'],
  ['bin_manager.registrar_extensions'],
  ['bin_manager.registrar_outbox'],
  ['asterisk.ps_aors', 'bin_manager.registrar_sip_auths'],
];

/** The relative frequency of each disturbance. */
export const WEIGHTS = {
  'service killed': 5,
  'service restarted': 2,
  'broker killed': 2,
  'broker connections closed': 3,
  'redis killed': 2,
  'redis paused': 2,
  'database connections cut': 5,
  'tables locked': 4,
  'rows locked': 2,
  'database paused': 2,
  'database killed': 1,
};

export class Disturbances {
  #dir;
  #status;
  #victim;
  #random;

  /** `victim` is the replica that may be killed. */
  constructor(dir, status, victim, random) {
    this.#dir = dir;
    this.#status = status;
    this.#victim = victim;
    this.#random = random;
  }

  run(name) {
    const kinds = {
      'service killed': () => this.#restart('SIGKILL'),
      'service restarted': () => this.#restart('SIGTERM'),
      'broker killed': () => this.#replace('rabbitmq', 500),
      'broker connections closed': () => this.#closeConnections(),
      'redis killed': () => this.#replace('redis', 1_500),
      'redis paused': () => this.#freeze('redis', 1_500),
      'database connections cut': () => this.#cutConnections(),
      'tables locked': () => this.#lockTables(this.#random.pick(LOCKED_TABLES)),
      'rows locked': () => this.#lockRows(),
      'database paused': () => this.#freeze('mariadb', 2_500),
      'database killed': () => this.#replace('mariadb', 300),
    };
    return kinds[name]();
  }

  async #restart(signal) {
    await this.#victim.end(signal);
    await pause(this.#random.between(0, 600));
    await this.#victim.start();
  }

  async #replace(service, awayMs) {
    await lifecycle.killService(this.#dir, service);
    await pause(awayMs);
    this.#status = await lifecycle.startService(this.#dir, service);
  }

  async #freeze(service, forMs) {
    const { pid } = this.#status[service];
    process.kill(pid, 'SIGSTOP');
    await pause(this.#random.between(0.3 * forMs, forMs));
    process.kill(pid, 'SIGCONT');
  }

  async #closeConnections() {
    const { managementPort, user, password } = this.#status.rabbitmq;
    const headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
    const address = `http://127.0.0.1:${managementPort}/api/connections`;
    for (const { name } of await (await fetch(address, { headers })).json())
      await fetch(`${address}/${encodeURIComponent(name)}`, { method: 'DELETE', headers });
  }

  async #cutConnections() {
    const sql = new Sql(this.#status.mariadb);
    const until = Date.now() + this.#random.between(200, 1_500);
    while (Date.now() < until) {
      const query = `SELECT id FROM information_schema.processlist WHERE db IN ('bin_manager', 'asterisk') ORDER BY rand() LIMIT 8`;
      for (const { id } of await sql.query(query)) await sql.query(`KILL ${id}`).catch(() => {});
      await pause(20);
    }
    sql.end();
  }

  async #lockTables(tables) {
    const list = tables.map((table) => `${table} WRITE`).join(', ');
    await this.#holding(['SET lock_wait_timeout = 2', `LOCK TABLES ${list}`]);
  }

  async #lockRows() {
    const rows = 'SELECT id FROM bin_manager.registrar_extensions ORDER BY rand() LIMIT 100 FOR UPDATE';
    await this.#holding(['SET innodb_lock_wait_timeout = 2', 'BEGIN', rows]);
  }

  async #holding(statements) {
    const sql = new Sql(this.#status.mariadb);
    try {
      for (const statement of statements) await sql.query(statement);
      await pause(this.#random.between(500, 3_500));
    } finally {
      sql.end();
    }
  }
}
