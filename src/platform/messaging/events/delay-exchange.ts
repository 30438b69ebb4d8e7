import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { Config } from '../../config/config';
import { Log } from '../../observability/log/logger';
import { Broker } from '../broker';
import { connectionOptions } from '../rabbitmq.options';
import { DELAY_EXCHANGE, REQUEST_QUEUE, SUBSCRIBE_QUEUE } from '../topology';

/**
 * Binds our queues to the delay exchange of the platform if the broker has the plugin for its type. Without the plugin
 * the broker closes the connection (503, RabbitMQ 3) or the channel (406, RabbitMQ 4) at the declaration, so it has a
 * connection of its own. The exchange is never declared with another type: the broker would then refuse the declaration
 * of every other service.
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
    // The error of the connection or the channel has the reason; the declaration itself only gets no reply.
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
    // On a fresh broker this may run before the consumers declare the queue.
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, DELAY_EXCHANGE, queue);
  }
}
