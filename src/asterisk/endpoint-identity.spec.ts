import { endpointIdentity } from './endpoint-identity';

it('names endpoint, AOR and auth by the number and the realm of the customer', () => {
  const id = '2001@3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11.registrar.example.org';
  expect(endpointIdentity('3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11', '2001', 'registrar.example.org')).toEqual({
    realm: '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11.registrar.example.org',
    endpointId: id,
    aorId: id,
    authId: id,
  });
});
