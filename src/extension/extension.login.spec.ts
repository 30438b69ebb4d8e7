import { endpointIdentity } from '../asterisk/endpoint-identity';
import { CreateExtensionDto, toExtensionReply } from './extension.dto';
import type { ExtensionRow } from './extension.entity';
import { loginOf, sipAccountOf } from './extension.login';
import { newExtension } from './extension.writer';

const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';
const NOW = '2026-08-22 10:11:12.123400';
const request = Object.assign(new CreateExtensionDto(), {
  customerId: CUSTOMER,
  extension: '2001',
  password: 'a;b',
  domainId: '00000000-0000-0000-0000-000000000000',
  name: 'desk',
  detail: '',
  username: '',
});
const direct = { directId: '77aa11bb-22cc-4dd3-8ee4-55ff66778899', directHash: 'direct.0a1b2c3d4e5f' };
const recordOf = (asked: CreateExtensionDto): ExtensionRow => {
  const identity = endpointIdentity(asked.customerId, asked.extension, 'registrar.example.org');
  return { ...newExtension(asked, identity), ...direct, tmCreate: NOW, tmUpdate: null, tmDelete: null };
};
const record = recordOf(request);
const realm = `${CUSTOMER}.registrar.example.org`;

describe('the record of an extension', () => {
  it('is on the wire in this order and form', () => {
    expect(JSON.stringify(toExtensionReply(record))).toBe(
      JSON.stringify({
        id: record.id,
        customer_id: CUSTOMER,
        name: 'desk',
        detail: '',
        endpoint_id: `2001@${realm}`,
        aor_id: `2001@${realm}`,
        auth_id: `2001@${realm}`,
        extension: '2001',
        domain_name: CUSTOMER,
        realm,
        username: '2001',
        password: 'a;b',
        direct_id: direct.directId,
        direct_hash: direct.directHash,
        tm_create: '2026-08-22T10:11:12.1234Z',
        tm_update: null,
        tm_delete: null,
      }),
    );
  });

  it('shows a sentinel as "not deleted"', () => {
    expect(toExtensionReply({ ...record, tmDelete: '9999-01-01 00:00:00.000000' }).tm_delete).toBeNull();
  });

  it('is known to both SIP servers by the digest user name, with the plain password', () => {
    const named = recordOf(Object.assign(new CreateExtensionDto(), request, { username: 'bob' }));
    expect(loginOf(named)).toEqual({
      realm,
      endpointId: `2001@${realm}`,
      aorId: `2001@${realm}`,
      authId: `2001@${realm}`,
      username: 'bob',
      password: 'a;b',
    });
    expect(sipAccountOf(named)).toMatchObject({
      id: named.id,
      referenceType: 'extension',
      authTypes: ['basic'],
      realm,
      username: 'bob',
      password: 'a;b',
      allowedIps: [],
    });
  });

  it('has an id of its own', () => {
    expect(recordOf(request).id).not.toBe(recordOf(request).id);
    expect(record.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
