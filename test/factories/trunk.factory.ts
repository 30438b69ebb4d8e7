import { freshDomain } from '../support/world';

export interface CreateTrunk {
  readonly customer_id: string;
  readonly name?: string;
  readonly detail?: string;
  readonly domain_name: string;
  readonly auth_types?: string[];
  readonly username?: string;
  readonly password?: string;
  readonly allowed_ips?: string[];
}

export function createTrunk(customerId: string, changes: Partial<CreateTrunk> = {}): CreateTrunk {
  return {
    customer_id: customerId,
    name: 'pbx',
    detail: 'hq',
    domain_name: freshDomain(),
    auth_types: ['basic'],
    username: 'acme',
    password: 't0p-secret',
    ...changes,
  };
}

/** An ip-only trunk as api-manager sends it: empty values left out. */
export function createIpTrunk(customerId: string, changes: Partial<CreateTrunk> = {}): CreateTrunk {
  return {
    customer_id: customerId,
    name: 'carrier',
    domain_name: freshDomain(),
    auth_types: ['ip'],
    allowed_ips: ['203.0.113.7'],
    ...changes,
  };
}
