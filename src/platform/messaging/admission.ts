import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { BulkheadRejectedError, bulkhead, type BulkheadPolicy } from 'cockatiel';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Config } from '../config/config';
import { unavailable } from '../errors/service-error';
import { Metrics } from '../observability/metrics';
import { remainingMs } from '../observability/request-context';

/**
 * Bounds how many creates run at once. A create waits for billing-manager, which asks us back on the same queue before it
 * answers; the rest of the prefetch stays free for that, and for reads. What exceeds the queue is refused at once.
 */
@Injectable()
export class CreateAdmission implements NestInterceptor {
  private readonly bulkhead: BulkheadPolicy;

  constructor(
    config: Config,
    private readonly metrics: Metrics,
  ) {
    this.bulkhead = bulkhead(config.createConcurrency, config.createQueue);
  }

  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(this.admit(() => lastValueFrom(next.handle())));
  }

  private async admit(create: () => Promise<unknown>): Promise<unknown> {
    try {
      return await this.bulkhead.execute(() => {
        if (remainingMs() <= 0) throw unavailable('the queue of creates', new Error('waited too long for a place'));
        return create();
      });
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      this.metrics.rpcRejected('create_queue_full');
      throw unavailable('the queue of creates', error);
    }
  }
}
