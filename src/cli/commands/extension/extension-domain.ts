import { UsageError } from '../../terminal/exit-code';

/** An extension's domain is made of its customer's id and cannot be chosen; naming it rightly does no harm. */
export function assertOwnDomain(domain: string | undefined, customerId: string): void {
  const given = domain?.toLowerCase();
  if (given === undefined || given === customerId || given.startsWith(`${customerId}.`)) return;
  throw new UsageError([`--domain cannot be chosen: the extensions of a customer are in <customer id>.<base domain>`]);
}
