import { Injectable } from '@nestjs/common';
import { AmqpConnection } from '@golevelup/nestjs-rabbitmq';
import type { Channel, ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { Config } from '../config/config';
import { unavailable } from '../errors/service-error';
import { Log } from '../observability/logger';
import { brokerReason, declarationReason, virtualHostOf, type BrokerReason } from './broker-reason';
import { CHANNELS, CONSUMER_TAG, CONTENT_TYPE } from './topology';

const PERSISTENT = 2;
const CONFIRM_TIMEOUT_MS = 3_000;

/** A consumer of ours: the queue it reads and the channel it sits on. */
export const CONSUMER_CHANNELS = [CHANNELS.requests, CHANNELS.events] as const;

/** The connection to RabbitMQ as the rest of the service needs it. Only messaging knows the library behind it. */
@Injectable()
export class Broker {
  private readonly openChannels = new Set<string>();
  private trouble: BrokerReason | undefined;
  private declarationTrouble: BrokerReason | undefined;

  constructor(
    private readonly amqp: AmqpConnection,
    private readonly log: Log,
    config: Config,
  ) {
    const virtualHost = virtualHostOf(config.rabbitmqAddress);
    // A connection that we end in order has no reason.
    const note = ({ err }: { err?: unknown }): void => {
      if (err) this.noteTrouble(brokerReason(err, virtualHost));
    };
    this.amqp.managedConnection.on('connectFailed', note).on('disconnect', note);
    this.amqp.managedConnection.on('connect', () => this.noteConnected());
    this.amqp.managedConnection.on('blocked', ({ reason }) => {
      this.log.warning('The broker takes no messages: it is short of a resource', { reason });
    });
    this.amqp.managedConnection.on('unblocked', () => this.log.info('The broker takes messages again'));
    for (const channel of Object.values(this.amqp.managedChannels)) this.watchDeclarations(channel);
  }

  /** Why there is no connection or a declaration was refused; `undefined` also before the first attempt has ended. */
  get reason(): BrokerReason | undefined {
    return this.connected ? this.declarationTrouble : this.trouble;
  }

  get connected(): boolean {
    return this.amqp.managedConnection.isConnected();
  }

  /** Calls back at each (re)connection. */
  onConnect(listener: () => void): void {
    this.amqp.managedConnection.on('connect', listener);
  }

  /** A channel of the caller's own, which the caller closes. Throws `UNAVAILABLE` without a connection. */
  async openChannel(): Promise<Channel> {
    if (!this.connected) throw unavailable('broker');
    const channel = await this.connection.createChannel();
    // Without a listener an error on this channel would take the whole connection down.
    channel.on('error', () => undefined);
    return channel;
  }

  /**
   * Publishes and waits for the broker's confirm. Throws when there is no connection: what may not be lost is kept in the
   * outbox, not in this process's memory.
   */
  async publish(exchange: string, routingKey: string, body: Buffer, headers?: Record<string, unknown>): Promise<void> {
    if (!this.connected) throw unavailable('broker');
    await this.amqp.managedChannel.publish(exchange, routingKey, body, {
      contentType: CONTENT_TYPE,
      deliveryMode: PERSISTENT,
      timeout: CONFIRM_TIMEOUT_MS,
      ...(headers === undefined ? {} : { headers }),
    });
  }

  /** Makes sure that a queue of ours is there. Throws when it is there with other arguments. */
  async declare(queue: string, options?: Options.AssertQueue): Promise<void> {
    const channel = await this.openChannel();
    await channel.assertQueue(queue, options);
    await channel.close();
  }

  /** Names of the consumer channels that should be consuming and are not. */
  missingConsumers(): string[] {
    return CONSUMER_CHANNELS.filter((name) => !this.isConsuming(name));
  }

  /** Stops taking messages. Those already delivered go on. */
  async cancelConsumers(): Promise<void> {
    if (!this.connected) return;
    const consuming = CONSUMER_CHANNELS.filter((name) => this.isConsuming(name));
    for (const name of consuming) await this.amqp.channels[name]?.cancel(CONSUMER_TAG);
  }

  /** Drops the connection; the connection manager makes a new one with all declarations, bindings and consumers. */
  async rebuild(): Promise<void> {
    if (!this.connected) return;
    await this.connection.close().catch((error: unknown) => {
      this.log.warning('The broken connection could not be closed in order', { error });
    });
  }

  /**
   * A lost consumer shows nowhere in the library: the broker's cancel is swallowed, `connected` stays true. The channel's
   * own register of consumers is what tells.
   */
  private isConsuming(name: string): boolean {
    const channel = this.amqp.channels[name] as (ConfirmChannel & { consumers?: Map<string, unknown> }) | undefined;
    return this.connected && this.openChannels.has(name) && channel?.consumers?.has(CONSUMER_TAG) === true;
  }

  /** Everything is declared and consumed. */
  declared(): void {
    this.declarationTrouble = undefined;
  }

  /** Watches each channel: an error closes that channel alone, and is seen. */
  watchChannels(onLost: (name: string) => void): void {
    for (const [name, managed] of Object.entries(this.amqp.managedChannels)) {
      void managed.addSetup((channel: ConfirmChannel) => {
        this.openChannels.add(name);
        channel.on('error', (error: unknown) => this.log.error('A channel failed', { channel: name, error }));
        channel.on('close', () => {
          this.openChannels.delete(name);
          onLost(name);
        });
        return Promise.resolve();
      });
    }
  }

  /** What the library types as amqplib's low-level connection is its channel model. */
  private get connection(): ChannelModel {
    return this.amqp.connection as unknown as ChannelModel;
  }

  /** True when every channel is open. */
  get channelsOpen(): boolean {
    return Object.keys(this.amqp.managedChannels).every((name) => this.openChannels.has(name));
  }

  /** Each reason once, however often it is tried. */
  private noteTrouble(reason: BrokerReason): void {
    const isNew = this.trouble?.code !== reason.code || this.trouble.text !== reason.text;
    this.trouble = reason;
    if (isNew) this.log.warning(`No connection to the broker: ${reason.text}`, { code: reason.code });
  }

  /** The library leaves a refused declaration to nobody, which would end the process. The next connection declares again. */
  private watchDeclarations(channel: AmqpConnection['managedChannels'][string]): void {
    const note = (error: unknown): void => {
      const reason = declarationReason(error);
      if (reason === undefined) return;
      const isNew = this.declarationTrouble?.text !== reason.text;
      this.declarationTrouble = reason;
      if (isNew) this.log.warning(`The broker cannot be used: ${reason.text}`, { code: reason.code });
    };
    const addSetup = channel.addSetup.bind(channel);
    channel.addSetup = (setup, done) => {
      const adding = addSetup(setup, done);
      adding.catch(note);
      return adding;
    };
    channel.on('error', note);
  }

  private noteConnected(): void {
    if (this.trouble !== undefined) this.log.info('Connected to the broker');
    this.trouble = undefined;
  }
}
