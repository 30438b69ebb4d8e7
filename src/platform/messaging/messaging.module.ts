import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { RabbitMQModule } from '@golevelup/nestjs-rabbitmq';
import { Config } from '../config/config';
import { Log } from '../observability/logger';
import { Metrics } from '../observability/metrics';
import { CreatePlaces } from './admission';
import { Broker } from './broker';
import { CallerProbe } from './caller-probe';
import { ConsumerWatchdog } from './consumer-watchdog';
import { DelayExchange } from './delay-exchange';
import { Drain } from './drain';
import { ErrorReplyFilter } from './error-reply.filter';
import { EventConsumer } from './event-consumer';
import { EventRetry } from './event-retry';
import { keepRefusals } from './handshake-refusal';
import { EventPublisher } from './outbox/event-publisher';
import { Outbox, PUBLISHER_NAME } from './outbox/outbox';
import { OutboxRelay } from './outbox/outbox.relay';
import { OutboxRepository } from './outbox/outbox.repository';
import { OutboxSweeper } from './outbox/outbox.sweeper';
import { ParkedEvents } from './parked-events';
import { rabbitmqOptions } from './rabbitmq.options';
import { RpcClient } from './rpc-client/rpc-client';
import { RpcDispatcher } from './rpc-dispatcher';
import { RpcListener } from './rpc.listener';
import { RpcRouter } from './rpc-router';
import { WaitingEvents } from './waiting-events';
import { WorkInProgress } from './work-in-progress';

const ALWAYS = [
  Broker,
  CreatePlaces,
  ErrorReplyFilter,
  EventConsumer,
  EventPublisher,
  EventRetry,
  Outbox,
  OutboxRelay,
  OutboxRepository,
  OutboxSweeper,
  ParkedEvents,
  RpcClient,
  WaitingEvents,
  WorkInProgress,
];

/** What only the service does: take requests, and see to it that they keep coming. */
const CONSUMING = [CallerProbe, ConsumerWatchdog, DelayExchange, Drain, RpcDispatcher, RpcListener, RpcRouter];

export interface MessagingOptions {
  /** Take requests and events from the queues; the command line does not. */
  readonly consume: boolean;
  /** Who signs events and calls to others: `registrar-manager` or `registrar-control`. */
  readonly publisher: string;
}

@Global()
@Module({})
export class MessagingModule {
  static forRoot({ consume, publisher }: MessagingOptions): DynamicModule {
    keepRefusals();
    return {
      module: MessagingModule,
      imports: [
        DiscoveryModule,
        RabbitMQModule.forRootAsync({
          inject: [Config, Metrics, Log],
          useFactory: (config: Config, metrics: Metrics, log: Log) =>
            rabbitmqOptions(config, metrics, log, { registerHandlers: consume }),
        }),
      ],
      providers: [{ provide: PUBLISHER_NAME, useValue: publisher }, ...ALWAYS, ...(consume ? CONSUMING : [])],
      exports: [...ALWAYS, ...(consume ? [RpcRouter] : [])],
    };
  }
}
