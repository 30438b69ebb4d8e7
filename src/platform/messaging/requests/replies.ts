import { Injectable } from '@nestjs/common';
import { AmqpConnection } from '@golevelup/nestjs-rabbitmq';
import type { ConfirmChannel, Options } from 'amqplib';
import { setTimeout as pause } from 'node:timers/promises';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { CHANNELS, CONTENT_TYPE } from '../topology';
import { WorkInProgress } from '../work-in-progress';

/** How long a reply waits for a lost connection: callers give up after 3 s. */
const RESEND_TIMEOUT_MS = 3_000;
/** How long a shutdown waits for the confirms of replies. */
const SETTLE_TIMEOUT_MS = 1_000;
const SETTLE_EVERY_MS = 5;

interface Reply {
  readonly queue: string;
  readonly correlationId: string | undefined;
  readonly body: Buffer;
}

/**
 * Sends replies on the channel that delivered the request. The broker handles a channel in order, so an acknowledgement
 * that follows on this channel is never handled before the reply, and nothing waits for the confirm. A reply that is
 * not confirmed when its channel closes is sent again on another one (docs/decisions/0012).
 */
@Injectable()
export class Replies {
  private readonly unconfirmed = new Map<ConfirmChannel, Set<Reply>>();

  constructor(
    private readonly amqp: AmqpConnection,
    private readonly metrics: Metrics,
    private readonly log: Log,
    work: WorkInProgress,
  ) {
    work.afterwards(() => this.settle());
  }

  /** The channel of a request that is being delivered now. */
  get channel(): ConfirmChannel | undefined {
    return this.amqp.channels[CHANNELS.requests];
  }

  send(channel: ConfirmChannel | undefined, reply: Reply): void {
    if (channel === undefined) {
      this.resend(reply);
      return;
    }
    const unconfirmed = this.unconfirmedOn(channel);
    unconfirmed.add(reply);
    const settle = (error: Error | null): void => {
      if (unconfirmed.delete(reply) && error !== null) this.resend(reply);
    };
    try {
      channel.publish('', reply.queue, reply.body, optionsOf(reply), settle);
    } catch (error) {
      settle(error as Error);
    }
  }

  /** A connection ignores confirms while it closes, and the replies would count as lost. */
  private async settle(): Promise<void> {
    const end = performance.now() + SETTLE_TIMEOUT_MS;
    const isWaiting = (): boolean => [...this.unconfirmed.values()].some(({ size }) => size > 0);
    while (isWaiting() && performance.now() < end) await pause(SETTLE_EVERY_MS);
  }

  /** amqplib does not call back for every message when a channel closes, so the messages are kept here too. */
  private unconfirmedOn(channel: ConfirmChannel): Set<Reply> {
    const known = this.unconfirmed.get(channel);
    if (known !== undefined) return known;
    const replies = new Set<Reply>();
    this.unconfirmed.set(channel, replies);
    channel.once('close', () => {
      for (const reply of replies) this.resend(reply);
      replies.clear();
      this.unconfirmed.delete(channel);
    });
    return replies;
  }

  /** Waits a turn: a lost connection closes its channels one by one, and the other channel may be the next. */
  private resend(reply: Reply): void {
    setImmediate(() => {
      const options = { ...optionsOf(reply), timeout: RESEND_TIMEOUT_MS };
      this.amqp.managedChannel.publish('', reply.queue, reply.body, options).catch((error: unknown) => {
        this.metrics.replyUndeliverable();
        this.log.warning('A reply could not be delivered', { error });
      });
    });
  }
}

/** A reply has neither headers nor an expiration (contract §1.5). */
function optionsOf({ correlationId }: Reply): Options.Publish {
  return { contentType: CONTENT_TYPE, persistent: false, ...(correlationId !== undefined && { correlationId }) };
}
