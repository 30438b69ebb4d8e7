import fc from 'fast-check';
import { BlockList, isIPv4 } from 'node:net';
import { eachRow } from '../../test/support/each-row';
import { isReadAsMeant } from './allowed-network';
import { isInSubnet } from './subnet';

// test/kamailio/networks.spec.ts holds the same function against the real one.
describe('what Kamailio takes for a network', () => {
  eachRow([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.200', '203.0.113.7/24'],
    ['203.0.113.7', ' 203.0.113.0/24 '],
    ['2001:db8::7', '2001:DB8:0:0:0:0:0:7'],
    ['2001:db8:1::7', '2001:db8::/32'],
    ['198.51.100.1', '0.0.0.0/0'],
    ['198.51.100.1', '203.0.113.7/'],
    ['198.51.100.1', '203.0.113.7/abc'],
    ['198.51.100.1', '203.0.113.7/0x18'],
    ['198.51.100.1', '203.0.113.7/\u00a024'],
    ['198.51.100.1', '203.0.113.7/4294967296'],
    ['198.51.100.1', '203.0.113.7/-99999999999999999999'],
    ['2001:db9::1', '2001:db8::7/x'],
    ['203.0.113.8', '203.0.113.0/24abc'],
    ['203.0.113.8', '203.0.113.0/ +024'],
    ['64.0.0.1', '127.0.0.0/2 4'],
    ['203.0.113.7', '203.0.113.7/-1'],
    ['203.0.113.7', '203.0.113.7/99999999999999999999'],
    ['203.0.113.7', '198.51.100.1, 203.0.113.0/24'],
    ['::192.0.2.1', '::c000:200/120'],
  ])('holds the source', (source, net) => {
    expect(isInSubnet(source, net)).toBe(true);
  });

  eachRow([
    ['203.0.113.8', '203.0.113.7'],
    ['203.0.114.7', '203.0.113.7/24'],
    ['203.0.113.7', '203.0.113.7/33'],
    ['203.0.113.7', '203.0.113.7/-2'],
    ['203.0.113.8', '203.0.113.7/-1'],
    ['2001:db8::7', '2001:db8::7/129'],
    ['203.0.113.7', '203.0.113.0//24'],
    ['203.0.113.7', '203.0.113.007'],
    ['203.0.113.7', '::ffff:203.0.113.7'],
    ['203.0.113.7', '\t203.0.113.7'],
    ['2001:db8::7', '[2001:db8::7]'],
    ['fe80::1', 'fe80::1%eth0'],
    ['192.0.2.1', '::/0'],
    ['2001:db8::5', '2001:db9::/32,2001:db8::5'],
    ['203.0.113.7', 'pbx.example.org'],
    ['203.0.113.7', '/24'],
    ['203.0.113.7', ''],
    ['pbx.example.org', 'pbx.example.org'],
  ])('does not hold the source', (source, net) => {
    expect(isInSubnet(source, net)).toBe(false);
  });

  const address = fc.oneof(fc.ipV4(), fc.ipV6());

  it('is what the text says, where it is a plain network', () => {
    fc.assert(
      fc.property(address, address, fc.nat(128), (source, base, bits) => {
        const family = isIPv4(base) ? 'ipv4' : 'ipv6';
        const mask = Math.min(bits, family === 'ipv4' ? 32 : 128);
        // Node takes ::ffff:192.0.2.1 for an IPv4 address.
        fc.pre(isIPv4(source) === isIPv4(base) && !/^::ffff:/i.test(source + base));
        const list = new BlockList();
        list.addSubnet(base, mask, family);
        expect(isInSubnet(source, `${base}/${mask}`)).toBe(list.check(source, family));
      }),
      { numRuns: 2_000 },
    );
  });

  it('lets nobody else in by an entry that the service leaves in a row', () => {
    const mask = fc.oneof(fc.string({ unit: 'binary', maxLength: 5 }), fc.nat(200).map(String));
    const blank = fc.constantFrom('', ' ', '\t', '\u00a0', '\u2009', '\ufeff');
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), blank, mask, (source, base, before, text) => {
        const entry = `${base}/${before}${text}`;
        fc.pre(isReadAsMeant(entry) && base !== '0.0.0.0');
        const bits = Number(text);
        expect(bits).toBeGreaterThan(0);
        expect(isInSubnet(source, entry)).toBe(isInSubnet(source, `${base}/${bits}`));
      }),
      { numRuns: 2_000 },
    );
  });
});
