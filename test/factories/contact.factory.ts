import type { Parameter } from '../support/database';
import { BASE_DOMAIN_EXTENSION } from '../support/world';

const SECONDS_PER_HOUR = 3600;

/** A registration as Asterisk writes it. */
export function registeredContact(
  customerId: string,
  extension: string,
  changes: Record<string, Parameter> = {},
): Record<string, Parameter> {
  const endpoint = `${extension}@${customerId}.${BASE_DOMAIN_EXTENSION}`;
  return {
    id: `${endpoint}^3B@5d41402abc4b2a76b9719d911017c592`,
    uri: `sip:${extension}@203.0.113.9:5060^3Btransport=udp`,
    expiration_time: Math.floor(Date.now() / 1000) + SECONDS_PER_HOUR,
    qualify_frequency: 0,
    outbound_proxy: '',
    path: '',
    user_agent: 'Softphone/1',
    qualify_timeout: 3.1,
    reg_server: 'ast-1',
    authenticate_qualify: 'no',
    via_addr: '203.0.113.9',
    via_port: 5060,
    call_id: 'abc',
    endpoint,
    prune_on_boot: 'no',
    ...changes,
  };
}
