import { uuidToBinary, type Parameter } from '../support/database';
import { BASE_DOMAIN_EXTENSION, freshId } from '../support/world';

type StoredRow = Record<string, Parameter>;

export interface StoredLogin {
  readonly id: string;
  readonly extension: StoredRow;
  readonly sipAuth: StoredRow;
  readonly aor: StoredRow;
  readonly auth: StoredRow;
  readonly endpoint: StoredRow;
}

/** The rows of one extension as the service stores them; `changes` are those of its record. */
export function storedLogin(customerId: string, number: string, changes: StoredRow = {}): StoredLogin {
  const id = freshId();
  const realm = `${customerId}.${BASE_DOMAIN_EXTENSION}`;
  const address = `${number}@${realm}`;
  const account = { realm, username: number, password: 'p' };
  const tm_create = '2026-02-02 02:02:02.000000';
  const extension = {
    id: uuidToBinary(id),
    customer_id: uuidToBinary(customerId),
    name: '',
    detail: '',
    endpoint_id: address,
    aor_id: address,
    auth_id: address,
    extension: number,
    domain_name: customerId,
    ...account,
    tm_create,
    direct_id: null,
    direct_hash: '',
    ...changes,
  };
  const kamailio = { reference_type: 'extension', auth_types: '["basic"]', allowed_ips: '[]' };
  return {
    id,
    extension,
    sipAuth: { id: uuidToBinary(id), ...account, ...kamailio, tm_create },
    aor: { id: address, max_contacts: 3, remove_existing: 'yes' },
    auth: { id: address, auth_type: 'userpass', ...account },
    endpoint: { id: address, aors: address, auth: address },
  };
}
