import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { Config } from '../../config/config';
import { Log } from '../../observability/log/logger';
import { Broker } from '../broker';
import { connectionOptions } from '../rabbitmq.options';
import { DELAY_EXCHANGE, REQUEST_QUEUE, SUBSCRIBE_QUEUE } from '../topology';

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
    // What closes the connection or the channel says why; the declaration itself only learns that there is no reply.
    let refusal: unknown;
    const note = (error: unknown): void => void (refusal ??= error);
    try {
      connection = await connect(this.config.rabbitmqAddress, connectionOptions(this.config.rabbitmqAddress));
      connection.on('error', note);
      const channel = await connection.createChannel();
      channel.on('error', note);
      await declare(channel);
    } catch (error) {
      this.tell(refusal ?? error);
    } finally {
      await connection?.close().catch(() => undefined);
    }
  }

  private tell(error: unknown): void {
    const { code, message = '' } = error as { code?: unknown; message?: string };
    const isUnknownType =
      (code === 503 || code === 406) && /unknown exchange type|invalid exchange type/i.test(message);
    if (isUnknownType) this.log.info('This broker has no delayed messages; the service does not need them');
    else this.log.warning('The delay exchange was not bound', { error });
  }
}

async function declare(channel: Channel): Promise<void> {
  await channel.assertExchange(DELAY_EXCHANGE, 'x-delayed-message', {
    durable: true,
    arguments: { 'x-delayed-type': 'direct' },
  });
  for (const queue of [REQUEST_QUEUE, SUBSCRIBE_QUEUE]) {
    // On a fresh broker this may come before the consumers' own declaration.
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, DELAY_EXCHANGE, queue);
  }
}
