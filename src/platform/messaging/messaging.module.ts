import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { RabbitMQModule } from '@golevelup/nestjs-rabbitmq';
import { Config } from '../config/config';
import { Log } from '../observability/log/logger';
import { Metrics } from '../observability/metrics/metrics';
import { CreatePlaces } from './requests/admission';
import { Broker } from './broker';
import { CallerProbe } from './requests/caller-probe';
import { ConsumerWatchdog } from './consumer-watchdog';
import { DelayExchange } from './events/delay-exchange';
import { Drain } from './drain';
import { ErrorReplyFilter } from './requests/error-reply.filter';
import { EventConsumer } from './events/event-consumer';
import { EventRetry } from './events/event-retry';
import { keepRefusals } from './handshake-refusal';
import { EventPublisher, PUBLISHER_NAME } from './outbox/event-publisher';
import { Outbox } from './outbox/outbox';
import { OutboxBacklog } from './outbox/outbox.backlog';
import { OutboxRelay } from './outbox/outbox.relay';
import { OutboxRepository } from './outbox/outbox.repository';
import { OutboxSweeper } from './outbox/outbox.sweeper';
import { ParkedEvents } from './events/parked-events';
import { rabbitmqOptions } from './rabbitmq.options';
import { RpcClient } from './peers/rpc-client';
import { RpcDispatcher } from './requests/rpc-dispatcher';
import { RpcListener } from './requests/rpc.listener';
import { RpcRouter } from './requests/rpc-router';
import { WaitingEvents } from './events/waiting-events';
import { WorkInProgress } from './work-in-progress';

const ALWAYS = [
  Broker,
  CreatePlaces,
  ErrorReplyFilter,
  EventConsumer,
  EventPublisher,
  EventRetry,
  Outbox,
  OutboxBacklog,
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
