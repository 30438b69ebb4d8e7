import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Cache } from './platform/cache/cache';
import { OutboxRelay } from './platform/messaging/outbox/outbox.relay';
import { ParkedEvents } from './platform/messaging/events/parked-events';
import { EventRetry } from './platform/messaging/events/event-retry';
import { Metrics } from './platform/observability/metrics/metrics';
import { OutboxRepository } from './platform/messaging/outbox/outbox.repository';

/** Starts what needs the databases: the cache, the relay and the counts of waiting and parked events. */
@Injectable()
export class ServiceLifecycle implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly cache: Cache,
    private readonly relay: OutboxRelay,
    private readonly outbox: OutboxRepository,
    private readonly parked: ParkedEvents,
    private readonly retry: EventRetry,
    private readonly metrics: Metrics,
  ) {}

  /** The databases are open by now; the broker may still be away. */
  onModuleInit(): void {
    this.cache.start(() => this.outbox.pendingCacheKeys());
  }

  onApplicationBootstrap(): void {
    this.relay.start();
    this.retry.watch();
    this.metrics.onScrape('parked', async () => this.metrics.parkedDepth(await this.parked.count()));
  }
}
