import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Cache } from './platform/cache/cache';
import { OutboxRelay } from './platform/messaging/outbox/outbox.relay';
import { OutboxRepository } from './platform/messaging/outbox/outbox.repository';

/** What begins once the databases are there: the cache may be told what it missed, and old events may go out. */
@Injectable()
export class ServiceLifecycle implements OnApplicationBootstrap {
  constructor(
    private readonly cache: Cache,
    private readonly relay: OutboxRelay,
    private readonly outbox: OutboxRepository,
  ) {}

  onApplicationBootstrap(): void {
    this.cache.start(() => this.outbox.pendingCacheKeys());
    this.relay.start();
  }
}
