// Everything that a storm needs: the service, Asterisk, and an extension for each phone.
import { once } from 'node:events';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Build, cpuMicrosecondsOf, environmentOn } from '../bench/builds.mjs';
import { SharedCaller } from '../bench/callers.mjs';
import { machineFacts } from '../bench/facts.mjs';
import { root } from '../setup.mjs';
import { spawnAsInImage } from '../service-process.mjs';
import { Sql } from '../soak/sql.mjs';
import { databases } from '../stack/mariadb.mjs';
import { Asterisk } from './asterisk.mjs';

const PHONES_A_CUSTOMER = 100;
const PROGRAM = join(root, 'dist');

export class Site {
  #service = new Build('storm', PROGRAM);
  #status;
  phones = [];

  constructor(status, dir) {
    this.#status = status;
    this.dir = dir;
    this.sql = new Sql(status.mariadb);
    this.asterisk = new Asterisk(join(dir, 'asterisk'));
    mkdirSync(join(dir, 'asterisk'));
  }

  async open({ connections }) {
    const { host, port } = this.#status.mariadb;
    await this.#service.start(this.#status, join(this.dir, 'service.log'));
    await this.sql.query(`USE ${databases[1]}`);
    await this.asterisk.start(this.sql, { host, port, database: databases[1] }, connections);
    this.caller = await SharedCaller.open(this.#service.address);
  }

  /** Makes an extension for each phone, as an operator does. Returns how long it took. */
  async importPhones(count) {
    const customers = Array.from({ length: Math.ceil(count / PHONES_A_CUSTOMER) }, () => randomUUID());
    this.phones = Array.from({ length: count }, (_, n) => {
      const customer = customers[Math.floor(n / PHONES_A_CUSTOMER)];
      return { customer, extension: String(2_000 + (n % PHONES_A_CUSTOMER)), password: randomBytes(9).toString('hex') };
    });
    const file = join(this.dir, 'extensions.csv');
    const rows = this.phones.map(({ customer, extension, password }) => `${customer},${extension},${password}`);
    writeFileSync(file, ['customer_id,extension,password', ...rows, ''].join('\n'));
    const begun = performance.now();
    const child = spawnAsInImage(join(PROGRAM, 'cli.js'), ['extension', 'import', file, '--quiet'], {
      environment: this.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (data) => (told += data));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the import ended with ${code}: ${told}`);
    return (performance.now() - begun) / 1_000;
  }

  get environment() {
    return environmentOn(this.#status, 'bench-storm');
  }

  realmOf({ customer }) {
    return `${customer}.${this.environment.DOMAIN_NAME_EXTENSION}`;
  }

  async countContacts() {
    const [{ count }] = await this.sql.query('SELECT COUNT(*) AS count FROM ps_contacts');
    return Number(count);
  }

  dropContacts() {
    return this.sql.query('DELETE FROM ps_contacts');
  }

  /** CPU seconds so far. */
  get cpu() {
    const [service] = this.#service.pids;
    return { service: cpuMicrosecondsOf(service) / 1e6, asterisk: cpuMicrosecondsOf(this.asterisk.pid) / 1e6 };
  }

  get serviceMegabytes() {
    return this.#service.memoryMegabytes;
  }

  get serviceLog() {
    return readFileSync(join(this.dir, 'service.log'), 'utf8');
  }

  /** The warnings and errors in the service's log after its first `length` characters. */
  complaintsAfter(length) {
    return this.serviceLog
      .slice(length)
      .split('\n')
      .filter((line) => /"(WARNING|ERROR|CRITICAL)"/.test(line));
  }

  facts() {
    return machineFacts(this.#status);
  }

  async close() {
    await Promise.allSettled([this.asterisk.end(), this.caller?.close()]);
    await this.#service.stop().catch(() => {});
    this.sql.end();
  }
}
