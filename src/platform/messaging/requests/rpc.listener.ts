import { Injectable } from '@nestjs/common';
import { Nack, RabbitPayload, RabbitRPC, RabbitRequest } from '@golevelup/nestjs-rabbitmq';
import type { ConsumeMessage } from 'amqplib';
import { Milestones } from '../../milestones/milestones';
import { Log } from '../../observability/log/logger';
import { Metrics } from '../../observability/metrics/metrics';
import { CallerProbe } from './caller-probe';
import { DeliveryRegister } from './delivery-register';
import { encodeReply, type ReplyEnvelope } from './envelope';
import { ErrorReplyFilter } from './error-reply.filter';
import { RpcDispatcher } from './rpc-dispatcher';
import { CHANNELS, CONSUMER_TAG, REQUEST_QUEUE } from '../topology';
import { WorkInProgress } from '../work-in-progress';

const DROP = new Nack(false);
const LEAVE_FOR_ANOTHER = new Nack(true);

/** Takes every request from the queue. What it returns is the reply; the delivery is acknowledged after that is out. */
@Injectable()
export class RpcListener {
  private readonly register = new DeliveryRegister();

  constructor(
    private readonly dispatcher: RpcDispatcher,
    private readonly work: WorkInProgress,
    private readonly callers: CallerProbe,
    private readonly errors: ErrorReplyFilter,
    private readonly milestones: Milestones,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  @RabbitRPC({
    exchange: '',
    routingKey: '#',
    queue: REQUEST_QUEUE,
    queueOptions: { durable: true, channel: CHANNELS.requests, consumerOptions: { consumerTag: CONSUMER_TAG } },
  })
  async onRequest(@RabbitPayload() body: Buffer, @RabbitRequest() message: ConsumeMessage): Promise<Buffer | Nack> {
    try {
      return await this.take(body, message);
    } catch (error) {
      // Whatever failed between delivery and reply, encoding included: the caller gets an envelope.
      withholdFromReply(message);
      return this.encode(this.errors.reply(error));
    }
  }

  private async take(body: Buffer, message: ConsumeMessage): Promise<Buffer | Nack> {
    if (this.work.isDraining) {
      this.metrics.rpcRejected('shutdown');
      return LEAVE_FOR_ANOTHER;
    }
    if (this.register.isCopy(message)) return DROP;
    return this.work.track(async () => {
      if (message.fields.redelivered && !(await this.mayRunAgain(body, message))) return DROP;
      const reply = this.encode(await this.dispatcher.dispatch(body, message.fields.redelivered));
      await this.milestones.reached('rpc:before-reply');
      withholdFromReply(message);
      return reply;
    });
  }

  private encode(reply: ReplyEnvelope): Buffer {
    if (reply.status_code === 500) this.metrics.internalError();
    return encodeReply(reply);
  }

  /**
   * A read may run again. A write may only while its caller still waits: callers give up after 3 s and may have sent a
   * newer write since (design §3). A request without a reply queue has no caller to give up, so it runs.
   */
  private async mayRunAgain(body: Buffer, message: ConsumeMessage): Promise<boolean> {
    const replyTo = message.properties.replyTo as string | undefined;
    if (!replyTo || this.dispatcher.isRead(body) || (await this.callers.isWaiting(replyTo))) return true;
    this.metrics.redeliveredWriteDropped();
    this.log.warning('Dropped a redelivered write: its caller no longer waits');
    return false;
  }
}

/**
 * The library copies a request's headers and expiration onto the reply. A reply has none (contract §1.5), and the headers
 * `CC` and `BCC` would send what it holds to further queues.
 */
function withholdFromReply({ properties }: ConsumeMessage): void {
  properties.headers = undefined;
  properties.expiration = undefined;
}
