import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config';
import { ServiceError, unavailable } from '../platform/errors/service-error';
import { RpcClient, UpstreamStatusError } from '../platform/messaging/peers/rpc-client';
import { BILLING_QUEUE } from '../platform/messaging/topology';

export type LimitedResource = 'extension' | 'trunk';

/**
 * Asks billing-manager whether a customer may have one more resource. To answer, billing-manager asks this service for
 * its count on the request queue.
 */
@Injectable()
export class BillingClient {
  constructor(
    private readonly config: Config,
    private readonly rpc: RpcClient,
  ) {}

  /** Throws `RESOURCE_EXHAUSTED` when the plan's limit is reached, billing's own typed error, or `UNAVAILABLE`. */
  async assertWithinLimit(customerId: string, resource: LimitedResource): Promise<void> {
    if (!this.config.resourceLimitCheck) return;
    if (!(await this.isValid(customerId, resource))) throw limitExceeded(resource);
  }

  private async isValid(customerId: string, resource: LimitedResource): Promise<boolean> {
    try {
      const data = await this.rpc.call({
        queue: BILLING_QUEUE,
        resource: 'billing/accounts/is_valid_resource_limit_by_customer_id',
        method: 'POST',
        uri: '/v1/accounts/is_valid_resource_limit_by_customer_id',
        body: { customer_id: customerId, resource_type: resource },
      });
      return (data as { valid?: unknown } | undefined)?.valid === true;
    } catch (error) {
      if (error instanceof UpstreamStatusError) throw unavailable('billing-manager', error);
      throw error;
    }
  }
}

function limitExceeded(resource: LimitedResource): ServiceError {
  return new ServiceError(
    'RESOURCE_EXHAUSTED',
    'RESOURCE_LIMIT_EXCEEDED',
    `The customer's plan allows no further ${resource}. Delete one or change the plan.`,
  );
}
