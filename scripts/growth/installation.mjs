// The service with databases of one size, a virtual host and a Redis database of its own.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { connect } from 'amqplib';
import Redis from 'ioredis';
import { DataCaller } from './caller.mjs';
import { cpuMicrosecondsOf, createVirtualHost } from '../bench/builds.mjs';
import { environmentOf } from '../stack/environment.mjs';
import { Replica } from '../soak/service.mjs';
import { Sql } from '../soak/sql.mjs';
import { servePeers } from './peers.mjs';
import { DOMAINS } from './sizes.mjs';
import { Heap } from './heap.mjs';

const CUSTOMER_EXCHANGE = 'bin-manager.customer-manager.event';

export class Installation {
  #status;
  #dir;
  #number;
  #replica;
  #broker;
  #channel;
  #events = 0;

  constructor(name, number, { status, dir }) {
    this.name = name;
    this.#number = number;
    this.#status = status;
    this.#dir = dir;
    this.databases = { bin: `growth_${name}_bin`, asterisk: `growth_${name}_asterisk` };
    this.sql = new Sql(status.mariadb);
  }

  async start(program) {
    const virtualHost = `growth-${this.name}`;
    await createVirtualHost(this.#status.rabbitmq, virtualHost);
    const environment = this.#environmentOn(virtualHost);
    this.environment = environment;
    this.#broker = await connect(environment.RABBITMQ_ADDRESS, { noDelay: true });
    this.#channel = await this.#broker.createChannel();
    await servePeers(this.#channel);
    await this.#countEvents();
    await this.#keepReconcileAway();
    this.heap = new Heap(join(this.#dir, `heap-${this.name}.json`));
    const log = join(this.#dir, `service-${this.name}.log`);
    this.#replica = new Replica(program, { ...environment, ...this.heap.environment }, log);
    await this.#replica.start();
    if (!(await this.#replica.untilReady())) throw new Error(`the service did not become ready: see ${log}`);
    this.heap.pid = this.#replica.pid;
    this.caller = await DataCaller.open(environment.RABBITMQ_ADDRESS);
    const { host, port } = this.#status.redis;
    this.redis = new Redis({ host, port, db: this.#number });
  }

  /** Events that the service has published so far. */
  get events() {
    return this.#events;
  }

  /** The resident memory of the service. */
  get megabytes() {
    return this.#replica.memoryMegabytes;
  }

  get cpuSeconds() {
    return cpuMicrosecondsOf(this.#replica.pid) / 1e6;
  }

  announceDeletion(customerId) {
    const event = { type: 'customer_deleted', publisher: 'customer-manager', data_type: 'application/json' };
    const body = JSON.stringify({ ...event, data: { id: customerId } });
    this.#channel.publish(CUSTOMER_EXCHANGE, '', Buffer.from(body), { contentType: 'text/plain' });
  }

  async stop() {
    await Promise.allSettled([this.caller?.close(), this.#replica?.end('SIGTERM')]);
    this.redis?.disconnect();
    await this.#broker?.close();
    this.sql.end();
  }

  #environmentOn(virtualHost) {
    const { mariadb } = this.#status;
    const environment = environmentOf(this.#status);
    const dsn = (name) => `${mariadb.user}:${mariadb.password}@tcp(${mariadb.host}:${mariadb.port})/${name}`;
    return {
      ...environment,
      DATABASE_DSN_BIN: dsn(this.databases.bin),
      DATABASE_DSN_ASTERISK: dsn(this.databases.asterisk),
      RABBITMQ_ADDRESS: `${environment.RABBITMQ_ADDRESS}/${virtualHost}`,
      REDIS_DATABASE: String(this.#number),
      DOMAIN_NAME_EXTENSION: DOMAINS.extension,
      DOMAIN_NAME_TRUNK: DOMAINS.trunk,
      RECONCILE_INTERVAL_SECONDS: '0',
    };
  }

  /** The service would compare a million records at its start, while it is measured. */
  async #keepReconcileAway() {
    const digest = createHash('sha1').update(this.databases.bin).digest('hex').slice(0, 32);
    await this.sql.query(`SELECT GET_LOCK('registrar.reconcile.${digest}', 0)`);
  }

  async #countEvents() {
    await this.#channel.assertExchange('bin-manager.registrar-manager.event', 'fanout', { durable: true });
    const { queue } = await this.#channel.assertQueue('', { exclusive: true });
    await this.#channel.bindQueue(queue, 'bin-manager.registrar-manager.event', '');
    await this.#channel.consume(queue, () => this.#events++, { noAck: true });
  }
}
