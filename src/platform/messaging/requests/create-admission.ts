import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { BulkheadRejectedError, bulkhead, type BulkheadPolicy } from 'cockatiel';
import { AsyncResource } from 'node:async_hooks';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Config } from '../../config/config';
import { unavailable } from '../../errors/service-error';
import { Metrics } from '../../observability/metrics/metrics';
import { remainingMs } from '../../observability/request-context';

/** The bulkhead for creates. Nest makes one interceptor per module that uses it; all of them share this bulkhead. */
@Injectable()
export class CreatePlaces {
  readonly bulkhead: BulkheadPolicy;

  constructor(config: Config) {
    this.bulkhead = bulkhead(config.createConcurrency, config.createQueue);
  }
}

/**
 * Bounds how many creates run at once. A create waits for billing-manager, which calls this service back on the same
 * queue before it answers; the rest of the prefetch stays free for these calls and for reads. A create that finds the
 * queue full is refused at once.
 */
@Injectable()
export class CreateAdmission implements NestInterceptor {
  constructor(
    private readonly places: CreatePlaces,
    private readonly metrics: Metrics,
  ) {}

  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(this.admit(() => lastValueFrom(next.handle())));
  }

  private async admit(create: () => Promise<unknown>): Promise<unknown> {
    // A waiting create is started by the create that made room for it, and must still run under its own deadline.
    const admitted = AsyncResource.bind(() => {
      if (remainingMs() <= 0) throw unavailable('queue of creates', new Error('waited too long for a place'));
      return create();
    });
    try {
      return await this.places.bulkhead.execute(() => admitted());
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      this.metrics.rpcRejected('create_queue_full');
      throw unavailable('queue of creates', error);
    }
  }
}
