import fc from 'fast-check';
import { BlockList, isIP } from 'node:net';
import { eachRow } from '../../test/support/each-row';
import { canonicalIp } from './allowed-ip';

describe('an allowed address', () => {
  eachRow([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['203.0.113.7/32', '203.0.113.7/32'],
    ['128.0.0.0/1', '128.0.0.0/1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:db8:0:1::/64', '2001:db8:0:1::/64'],
    ['::1', '::1'],
    ['2001:db8::1/128', '2001:db8::1/128'],
  ])('is stored in one form', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  // Kamailio reads these as every address, as another address, or not at all.
  eachRow([
    '203.0.113.7/',
    '203.0.113.7/abc',
    '203.0.113.7/0x18',
    '2001:db8::7/x',
    '203.0.113.0/24abc',
    '203.0.113.0/+24',
    '203.0.113.0/024',
    '203.0.113.0/ 24',
    '203.0.113.0/2 4',
    '203.0.113.0/1e1',
    '203.0.113.0/24 ',
    '203.0.113.0//24',
    '203.0.113.0/24/24',
    '/24',
    '/',
    '',
    ' ',
    '0.0.0.0/0',
    '0.0.0.0/00',
    '::/0',
    '203.0.113.7/0',
    '203.0.113.7/33',
    '2001:db8::/129',
    '203.0.113.0/-1',
    '203.0.113.0/24.0',
    '203.0.113.0/255.255.255.0',
    '203.0.113.1-203.0.113.9',
    '203.0.113.7:5060',
    '[2001:db8::1]',
    '[2001:db8::1]:5060',
    'fe80::1%eth0',
    'fe80::1%25eth0/64',
    '::ffff:203.0.113.7',
    '::FFFF:cb00:7107',
    '::ffff:0:0/96',
    '203.0.113.7/24',
    '2001:db8::1/64',
    '203.0.113.007',
    '0203.0.113.7',
    '203.0.113',
    '203.0.113.7.1',
    '3405803783',
    '0xcb007107',
    'carrier.example.org',
    'localhost',
    ' 203.0.113.7',
    '203.0.113.7 ',
    '203.0.113.7\n',
    '203.0.113.7,203.0.113.8',
    '２０３.0.113.7',
    '2001:db8:::1',
    ':::1',
    '1::2::3',
    'null',
  ])('that is none is refused', (text) => {
    expect(canonicalIp(text)).toBeUndefined();
  });

  const ipv4 = fc.ipV4();
  const ipv6 = fc.ipV6();
  const anything = fc.oneof(
    ipv4,
    ipv6,
    fc.tuple(ipv4, fc.nat(40)).map(([ip, bits]) => `${ip}/${bits}`),
    fc.tuple(ipv6, fc.nat(140)).map(([ip, bits]) => `${ip}/${bits}`),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef.:/ %x-+')) }),
    fc.string(),
  );

  it('is canonical when accepted: canonicalised again it stays the same', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const canonical = canonicalIp(text);
        if (canonical !== undefined) expect(canonicalIp(canonical)).toBe(canonical);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps its meaning when accepted: same address, a valid prefix', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const canonical = canonicalIp(text);
        if (canonical === undefined) return;
        const [address = '', prefix] = canonical.split('/');
        const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
        expect(isIP(address)).not.toBe(0);
        const given = new BlockList();
        given.addAddress(text.split('/')[0] ?? '', family);
        expect(given.check(address, family)).toBe(true);
        if (prefix === undefined) return;
        expect(prefix).toMatch(/^[1-9][0-9]{0,2}$/);
        expect(Number(prefix)).toBeLessThanOrEqual(family === 'ipv4' ? 32 : 128);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is taken whenever it is a plain IPv4 address', () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => canonicalIp(ip) === ip));
  });
});
