import { randomUUID } from 'node:crypto';
import type Redis from 'ioredis';
import { Caller, type CallerOptions } from './caller';
import { eventually } from './conditions';
import { TestDatabase } from './database';
import { backingServers } from './environment';
import { CustomerManager, EventListener } from './events';
import { VirtualHost } from './management';
import { BillingManager, DirectManager } from './peers';
import { openRedis, REDIS_DATABASE } from './redis';
import { type Exit, ServiceProcess } from './service';

export const BASE_DOMAIN_EXTENSION = 'registrar.example.org';
export const BASE_DOMAIN_TRUNK = 'trunk.example.org';

export interface Databases {
  readonly bin: TestDatabase;
  readonly asterisk: TestDatabase;
}

export interface WorldOptions extends CallerOptions {
  readonly replicas?: number;
  readonly environment?: Record<string, string>;
  /** Settings that depend on the databases, such as addresses with the port of a proxy. */
  readonly serviceEnvironment?: (databases: Databases) => Record<string, string>;
  /** Called before any service runs. */
  readonly prepare?: (databases: Databases) => Promise<void>;
}

type Closing = () => Promise<unknown>;

/** The environment of one test file: its own virtual host and databases, every peer, and the service. */
export class World {
  vhost!: VirtualHost;
  bin!: TestDatabase;
  asterisk!: TestDatabase;
  redis!: Redis;
  caller!: Caller;
  billing!: BillingManager;
  direct!: DirectManager;
  events!: EventListener;
  customers!: CustomerManager;
  readonly services: ServiceProcess[] = [];
  private readonly closings: Closing[] = [];

  private constructor(private overrides: Record<string, string>) {}

  static async open({
    replicas = 1,
    environment = {},
    serviceEnvironment,
    prepare,
    ...calling
  }: WorldOptions = {}): Promise<World> {
    const world = new World(environment);
    try {
      await world.build(calling);
      world.overrides = { ...world.overrides, ...serviceEnvironment?.(world) };
      await prepare?.(world);
      for (let replica = 0; replica < replicas; replica += 1) await world.startService();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  private async build(calling: CallerOptions): Promise<void> {
    this.vhost = this.until(await VirtualHost.create(), (vhost) => vhost.delete());
    this.bin = this.until(await TestDatabase.create('bin'), (database) => database.drop());
    this.asterisk = this.until(await TestDatabase.create('asterisk'), (database) => database.drop());
    this.redis = this.until(openRedis(), (redis) => redis.quit());
    const address = this.vhost.address;
    this.caller = this.until(await Caller.connect(address, calling), (caller) => caller.close());
    this.billing = this.until(await BillingManager.connect(address), (peer) => peer.close());
    this.direct = this.until(await DirectManager.connect(address), (peer) => peer.close());
    this.events = this.until(await EventListener.connect(address), (listener) => listener.close());
    this.customers = this.until(await CustomerManager.connect(address), (peer) => peer.close());
  }

  /** Closes the resource when the world closes, in reverse order. */
  until<T>(resource: T, close: (resource: T) => Promise<unknown>): T {
    this.closings.push(() => close(resource));
    return resource;
  }

  get service(): ServiceProcess {
    const [first] = this.services;
    if (!first) throw new Error('no service was started');
    return first;
  }

  environment(): Record<string, string> {
    const { redis } = backingServers();
    return {
      DATABASE_DSN_BIN: this.bin.dsn(),
      DATABASE_DSN_ASTERISK: this.asterisk.dsn(),
      RABBITMQ_ADDRESS: this.vhost.address,
      REDIS_ADDRESS: `${redis.host}:${redis.port}`,
      REDIS_DATABASE: String(REDIS_DATABASE),
      PROMETHEUS_ENDPOINT: '/metrics',
      DOMAIN_NAME_EXTENSION: BASE_DOMAIN_EXTENSION,
      DOMAIN_NAME_TRUNK: BASE_DOMAIN_TRUNK,
      RESOURCE_LIMIT_CHECK: 'on',
      DIRECT_HASH: 'on',
      LOG_LEVEL: 'debug',
      ...this.overrides,
    };
  }

  async startService(environment: Record<string, string> = {}, flags: readonly string[] = []): Promise<ServiceProcess> {
    const service = await ServiceProcess.start({ ...this.environment(), ...environment }, flags);
    this.services.push(service);
    return service;
  }

  /** Starts a service that may never be ready, and waits until it takes requests. */
  async startFaulty(environment: Record<string, string> = {}): Promise<ServiceProcess> {
    const service = await ServiceProcess.spawn({ ...this.environment(), ...environment });
    this.services.push(service);
    await eventually('the service serving', () => service.logText().includes('"Serving"'), { timeoutMs: 30_000 });
    return service;
  }

  async stopServices(): Promise<Exit[]> {
    return Promise.all(this.services.splice(0).map((service) => (service.running ? service.stop() : service.ended())));
  }

  async close(): Promise<void> {
    await this.stopServices();
    const failures: unknown[] = [];
    for (const close of this.closings.splice(0).reverse()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the world did not close');
  }
}

export const freshId = (): string => randomUUID();

/** A unique domain name of letters and digits that starts with a letter. */
export const freshDomain = (): string => `d${randomUUID().slice(24)}`;
