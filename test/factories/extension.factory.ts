import { ZERO_UUID } from '../support/database';

export interface CreateExtension {
  readonly customer_id: string;
  readonly extension: string;
  readonly password: string;
  readonly domain_id: string;
  readonly name: string;
  readonly detail: string;
}

/** What api-manager sends: every key, always. */
export function createExtension(customerId: string, changes: Partial<CreateExtension> = {}): CreateExtension {
  return {
    customer_id: customerId,
    extension: '2001',
    password: 's3cr3t-Pa55',
    domain_id: ZERO_UUID,
    name: 'front desk',
    detail: 'lobby phone',
    ...changes,
  };
}
