import { type DynamicModule, Global, Module } from '@nestjs/common';
import { RabbitMQModule } from '@golevelup/nestjs-rabbitmq';
import { Config } from '../config/config';
import { CreatePlaces } from './requests/create-admission';
import { Broker } from './broker';
import { ConsumerWatchdog } from './consumer-watchdog';
import { DelayExchange } from './events/delay-exchange';
import { Drain } from './drain';
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
import { Deliveries } from './requests/deliveries';
import { Replies } from './requests/replies';
import { RequestServer } from './requests/request-server';
import { WorkInProgress } from './work-in-progress';

const ALWAYS = [
  Broker,
  CreatePlaces,
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
  WorkInProgress,
];

/** Providers of the service alone, not of the command line: they take requests and keep the consumers running. */
const CONSUMING = [ConsumerWatchdog, DelayExchange, Deliveries, Drain, Replies, RequestServer];

interface MessagingOptions {
  /** Take requests and events from the queues; the command line does not. */
  readonly consume: boolean;
  /** The publisher of events and of calls to other services: `registrar-manager` or `registrar-control`. */
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
        RabbitMQModule.forRootAsync({
          inject: [Config],
          useFactory: (config: Config) => ({
            ...rabbitmqOptions(config),
            // Without this, the library searches all providers for handlers at each start of a command.
            registerHandlers: consume,
          }),
        }),
      ],
      providers: [{ provide: PUBLISHER_NAME, useValue: publisher }, ...ALWAYS, ...(consume ? CONSUMING : [])],
      exports: ALWAYS,
    };
  }
}
