import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { connect, type ChannelModel } from 'amqplib';
import { Config } from '../config/config';
import { Log } from '../observability/logger';
import { connectionOptions } from './connection-options';
import { Broker } from './broker';
import { DELAY_EXCHANGE, REQUEST_QUEUE, SUBSCRIBE_QUEUE } from './topology';

/**
 * Binds our queues to the platform's delay exchange where the broker has the plugin for its type. Without the plugin the
 * declaration costs the connection (503, RabbitMQ 3) or the channel (406, RabbitMQ 4), so it is tried on a connection of
 * its own. Never declared as any other type: every other service would be refused then.
 */
@Injectable()
export class DelayExchange implements OnApplicationBootstrap {
  constructor(
    private readonly config: Config,
    private readonly broker: Broker,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.broker.onConnect(() => void this.bind());
    if (this.broker.connected) void this.bind();
  }

  private async bind(): Promise<void> {
    let connection: ChannelModel | undefined;
    try {
      connection = await connect(this.config.rabbitmqAddress, connectionOptions());
      connection.on('error', () => undefined);
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      await channel.assertExchange(DELAY_EXCHANGE, 'x-delayed-message', {
        durable: true,
        arguments: { 'x-delayed-type': 'direct' },
      });
      for (const queue of [REQUEST_QUEUE, SUBSCRIBE_QUEUE]) {
        // On a fresh broker this may come before the consumers' own declaration.
        await channel.assertQueue(queue, { durable: true });
        await channel.bindQueue(queue, DELAY_EXCHANGE, queue);
      }
    } catch (error) {
      this.log.info('Going on without the delay exchange: this broker does not offer it', { error });
    } finally {
      await connection?.close().catch(() => undefined);
    }
  }
}
