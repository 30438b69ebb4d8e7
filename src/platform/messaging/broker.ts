import { Injectable } from '@nestjs/common';
import { AmqpConnection } from '@golevelup/nestjs-rabbitmq';
import type { Channel, ChannelModel, ConfirmChannel, Options } from 'amqplib';
import type { Duplex } from 'node:stream';
import { coalesceWrites } from '../coalesced-writes';
import { Config } from '../config/config';
import { unavailable } from '../errors/service-error';
import { Log } from '../observability/log/logger';
import { withTimeout } from '../observability/timeout';
import { virtualHostOf, type BrokerReason } from './broker-reason';
import { BrokerTroubles, LEFT, refusalToPublish } from './broker-troubles';
import { CHANNELS, CONSUMER_TAG, CONTENT_TYPE } from './topology';

const PERSISTENT = 2;
const CONFIRM_TIMEOUT_MS = 3_000;
const OPEN_TIMEOUT_MS = 3_000;
const CLOSE_TIMEOUT_MS = 1_000;
const CANCEL_TIMEOUT_MS = 1_000;
const PREPARE_TIMEOUT_MS = 300;
const NO_CONNECTION: BrokerReason = { code: 'CLOSED', text: 'there is no connection', isRefusal: false };

const CONSUMER_CHANNELS = [CHANNELS.requests, CHANNELS.events] as const;

/** The connection to RabbitMQ for the rest of the service. Only messaging uses the library behind it. */
@Injectable()
export class Broker {
  private readonly openChannels = new Set<string>();
  private readonly beforeRebuilding: ((timeoutMs: number) => Promise<unknown>)[] = [];
  readonly troubles: BrokerTroubles;

  constructor(
    private readonly amqp: AmqpConnection,
    private readonly log: Log,
    config: Config,
  ) {
    this.troubles = new BrokerTroubles(amqp, log, virtualHostOf(config.rabbitmqAddress));
    this.onConnect(() => coalesceWrites(socketOf(this.connection)));
  }

  /** Why the broker cannot be used; `undefined` also before the first attempt has ended. */
  get reason(): BrokerReason | undefined {
    return this.troubles.current;
  }

  /** Connected and not in alarm, so the broker takes messages. */
  get takesMessages(): boolean {
    return this.connected && !this.troubles.isBlocked;
  }

  get connected(): boolean {
    return this.amqp.managedConnection.isConnected();
  }

  /** Calls back at each (re)connection. */
  onConnect(listener: () => void): void {
    this.amqp.managedConnection.on('connect', listener);
  }

  /** Registers what must end, within the time it is given, before the service replaces the connection. */
  beforeRebuild(prepare: (timeoutMs: number) => Promise<unknown>): void {
    this.beforeRebuilding.push(prepare);
  }

  /** Opens a channel, which the caller closes. Throws `UNAVAILABLE` when the broker gives none in time. */
  async openChannel(): Promise<Channel> {
    // A broker in alarm stops reading, so no reply would come.
    if (!this.takesMessages) throw unavailable('broker');
    const opening = this.connection.createChannel();
    // Without a listener an error on this channel would take the whole connection down.
    void opening.then((channel) => channel.on('error', () => undefined)).catch(() => undefined);
    return withTimeout(() => opening, OPEN_TIMEOUT_MS).catch((error: unknown) => {
      void opening.then((late) => late.close()).catch(() => undefined);
      throw unavailable('broker', error);
    });
  }

  /**
   * Runs `work` with a channel of its own. Throws what `work` throws, and `UNAVAILABLE` as {@link openChannel} does.
   */
  async withChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.openChannel();
    try {
      return await work(channel);
    } finally {
      // The channel may be closed already, and a broker in alarm does not answer.
      await withTimeout(() => channel.close(), CLOSE_TIMEOUT_MS).catch(() => undefined);
    }
  }

  /**
   * Publishes and waits for the broker's confirm. Throws when the broker does not take the message: what must not be
   * lost is kept in the outbox, not in memory.
   */
  async publish(exchange: string, routingKey: string, body: Buffer, headers?: Record<string, unknown>): Promise<void> {
    if (!this.takesMessages) throw unavailable('broker');
    await this.amqp.managedChannel.publish(exchange, routingKey, body, {
      contentType: CONTENT_TYPE,
      deliveryMode: PERSISTENT,
      timeout: CONFIRM_TIMEOUT_MS,
      ...(headers === undefined ? {} : { headers }),
    });
  }

  /**
   * Sends a message that no queue gets, and waits for its confirm. Returns why none came: the broker is in alarm, or
   * the login may not publish.
   */
  async probe(): Promise<BrokerReason | undefined> {
    if (!this.connected) return this.reason ?? NO_CONNECTION;
    const refusal = await refusalToPublish(this.connection);
    // A refused declaration of ours is known already, and the probe's own channel does not show it.
    return this.reason ?? refusal;
  }

  /** Declares a queue. Throws when it exists with other arguments. */
  async declare(queue: string, options?: Options.AssertQueue): Promise<void> {
    await this.withChannel((channel) => channel.assertQueue(queue, options));
  }

  /** Names of the channels that should be consuming and are not. */
  missingConsumers(): string[] {
    return CONSUMER_CHANNELS.filter((name) => !this.isConsuming(name));
  }

  /** Cancels the consumers. The work on delivered messages goes on. */
  async cancelConsumers(): Promise<void> {
    if (!this.connected) return;
    const consuming = CONSUMER_CHANNELS.filter((name) => this.isConsuming(name));
    const cancelling = consuming.map((name) =>
      withTimeout(async () => this.amqp.channels[name]?.cancel(CONSUMER_TAG), CANCEL_TIMEOUT_MS),
    );
    await Promise.allSettled(cancelling);
    await Promise.all(cancelling);
  }

  /** For the end of the process: a broker in alarm would keep the connection, and with it the process, open. */
  release(): void {
    if (!this.connected || !this.troubles.isBlocked) return;
    const connection = this.connection;
    // The connection manager must not reconnect.
    void this.amqp.managedConnection.close().catch(() => undefined);
    leave(connection);
  }

  /** Drops the connection; the connection manager makes a new one with all declarations, bindings and consumers. */
  async rebuild(): Promise<void> {
    if (this.connected) await Promise.all(this.beforeRebuilding.map((prepare) => prepare(PREPARE_TIMEOUT_MS)));
    if (!this.connected) return;
    const connection = this.connection;
    await withTimeout(() => connection.close(), CLOSE_TIMEOUT_MS).catch((error: unknown) => {
      this.log.warning('The broken connection could not be closed in order', { error });
      leave(connection);
    });
  }

  /**
   * The library does not report a lost consumer: it ignores a cancel from the broker, and `connected` stays true. Only
   * the map of consumers in the channel shows the loss.
   */
  private isConsuming(name: string): boolean {
    const channel: (ConfirmChannel & { consumers?: Map<string, unknown> }) | undefined = this.amqp.channels[name];
    return this.connected && this.openChannels.has(name) && channel?.consumers?.has(CONSUMER_TAG) === true;
  }

  /** Watches each channel, so that an error that closes only this channel is noticed. */
  watchChannels(onLost: (name: string) => void): void {
    for (const [name, managed] of Object.entries(this.amqp.managedChannels)) {
      void managed.addSetup((channel: ConfirmChannel) => {
        this.openChannels.add(name);
        channel.on('error', (error: unknown) => {
          if (!this.troubles.isRefused) this.log.error('A channel failed', { channel: name, error });
        });
        channel.on('close', () => {
          this.openChannels.delete(name);
          onLost(name);
        });
        return Promise.resolve();
      });
    }
  }

  /** The channel model of amqplib, which the library types as the low-level connection. */
  private get connection(): ChannelModel {
    return this.amqp.connection as unknown as ChannelModel;
  }

  /** True when every channel is open. */
  get channelsOpen(): boolean {
    return Object.keys(this.amqp.managedChannels).every((name) => this.openChannels.has(name));
  }
}

function leave(connection: ChannelModel): void {
  socketOf(connection).destroy(LEFT);
}

function socketOf(connection: ChannelModel): Duplex {
  return (connection.connection as unknown as { stream: Duplex }).stream;
}
