import fc from 'fast-check';
import { BlockList, isIPv4 } from 'node:net';
import { isReadAsMeant } from '../../src/sip-auth/allowed-network';
import { isInSubnet } from '../../src/sip-auth/subnet';
import { canonicalIp } from '../../src/trunk/allowed-ip';
import { networkOracle } from '../support/sip/route';
import { withKamailio } from '../support/sip/with-kamailio';
import type { Phone } from '../support/sip/phone';

const FEW = '0123456789 +-x/';
const MANY = '0123456789abcdefABF.:/ %,';

const ipv4 = fc.oneof(fc.ipV4(), fc.constantFrom('10.0.0.1', '0.0.0.0', '203.0.113.7', '255.255.255.255'));
const ipv6 = fc.oneof(
  fc.ipV6(),
  fc.constantFrom('2001:db8::1', '::', '::1', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '1::3:4:5:6:7:8', '::192.0.2.1'),
  fc.constantFrom('::ffff:203.0.113.7', '1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:7::8', '1::2:3:4:5:6:7:8', '::0:0'),
);
const address = fc.oneof(ipv4, ipv6);
const mask = fc.oneof(
  fc.nat(140).map(String),
  fc.constantFrom(
    '',
    'abc',
    '0x18',
    '24abc',
    '+24',
    '024',
    ' 24',
    '2 4',
    '1e1',
    '-1',
    '-2',
    '255.255.255.0',
    '\u00a024',
  ),
  fc.constantFrom('4294967296', '4294967320', '99999999999999999999', '-99999999999999999999', '\u200924', '2\u00a04'),
  fc.string({ unit: fc.constantFrom(...Array.from(FEW)), maxLength: 5 }),
);
const entry = fc.oneof(
  address,
  fc.tuple(address, mask).map((parts) => parts.join('/')),
  fc.string({ unit: fc.constantFrom(...Array.from(MANY)), maxLength: 20 }),
);
const list = fc.oneof(
  { weight: 4, arbitrary: entry },
  fc.array(entry, { maxLength: 4 }).map((all) => all.join(',')),
);

/** A source, and entries of which many hold it or nearly do. */
const pair = fc.oneof(
  fc.tuple(address, list),
  fc.tuple(address, mask).map(([ip, text]): [string, string] => [ip, `${ip}/${text}`]),
  fc.tuple(address, mask, list).map(([ip, text, more]): [string, string] => [ip, `${more},${ip}/${text}`]),
);

/** A network without host bits, an address in it, and the one that differs from it in the last bit of the prefix. */
const network = fc.constantFrom(4, 16).chain((size) => {
  const bytes = fc.uint8Array({ minLength: size, maxLength: size });
  return fc
    .tuple(bytes, bytes, fc.integer({ min: 1, max: size * 8 }), fc.boolean())
    .map(([prefix, rest, bits, isPlain]) => {
      const mask = Array.from({ length: size }, (_, at) => 0xff & (0xff00 >> Math.max(0, Math.min(8, bits - at * 8))));
      const base = mask.map((kept, at) => (prefix[at] ?? 0) & kept);
      const inside = base.map((byte, at) => byte | ((rest[at] ?? 0) & ~(mask[at] ?? 0) & 0xff));
      const outside = inside.map((byte, at) => byte ^ (at === (bits - 1) >> 3 ? 0x80 >> ((bits - 1) & 7) : 0));
      const isWhole = isPlain && bits === size * 8;
      const text = `${textOf(base)}${isWhole ? '' : `/${bits}`}`;
      return { text, inside: textOf(inside), outside: textOf(outside) };
    })
    .filter(({ text }) => !/^(?:0:){5}ffff:/.test(text));
});

/** Blanks at the ends do not arrive in a header. */
const sent = (text: string): string => text.trim();

describe('a network at a real Kamailio', () => {
  const site = withKamailio({}, { change: networkOracle });
  const holds = async (phone: Phone, source: string, net: string): Promise<boolean> => {
    const uri = 'sip:test@localhost';
    const headers = [`X-Source: ${source}`, `X-Net: ${net}`];
    const { status } = await phone.ask({ method: 'OPTIONS', uri, from: uri, to: uri, headers });
    if (status !== 200 && status !== 404) throw new Error(`the answer is ${status}`);
    return status === 200;
  };

  it('holds the sources that isInSubnet says', async () => {
    const phone = await site().phone();
    let inside = 0;
    await fc.assert(
      fc.asyncProperty(pair, async ([source, text]) => {
        const net = sent(text);
        const isInside = await holds(phone, source, net);
        if (isInside) inside += 1;
        expect([source, net, isInSubnet(source, net)]).toEqual([source, net, isInside]);
      }),
      { numRuns: 3_000 },
    );
    expect(inside).toBeGreaterThan(200);
  }, 120_000);

  it('holds exactly the sources it says, when the service accepts it', async () => {
    const phone = await site().phone();
    await fc.assert(
      fc.asyncProperty(network, async ({ text, inside, outside }) => {
        const net = canonicalIp(text) ?? '';
        expect([text, net]).toEqual([text, expect.stringMatching(/./)]);
        expect([net, inside, await holds(phone, inside, net)]).toEqual([net, inside, true]);
        expect([net, outside, await holds(phone, outside, net)]).toEqual([net, outside, false]);
      }),
      { numRuns: 700 },
    );
  }, 120_000);

  it('is accepted by the service only when it means what its text says', async () => {
    const phone = await site().phone();
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(pair, async ([source, text]) => {
        const net = canonicalIp(text);
        if (net === undefined) return;
        accepted += 1;
        expect([source, net, await holds(phone, source, net)]).toEqual([source, net, meansToHold(source, net)]);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  }, 120_000);

  it('is no wider than its text, when the service leaves it in a row', async () => {
    const phone = await site().phone();
    let left = 0;
    await fc.assert(
      fc.asyncProperty(ipv4, fc.ipV4(), mask, async (base, source, text) => {
        const net = sent(`${base}/${text}`);
        if (!isReadAsMeant(net) || base === '0.0.0.0') return;
        left += 1;
        const bits = Number(text);
        const isMeant = bits <= 32 && meansToHold(source, `${base}/${bits}`);
        expect([source, net, await holds(phone, source, net)]).toEqual([source, net, isMeant]);
      }),
      { numRuns: 1_000 },
    );
    expect(left).toBeGreaterThan(100);
  }, 120_000);
});

/** What the text says, by Node's own list of networks. */
function meansToHold(source: string, net: string): boolean {
  const [base = '', bits] = net.split('/');
  if (isIPv4(source) !== isIPv4(base)) return false;
  const family = isIPv4(base) ? 'ipv4' : 'ipv6';
  const known = new BlockList();
  if (bits === undefined) known.addAddress(base, family);
  else known.addSubnet(base, Number(bits), family);
  return known.check(source, family);
}

function textOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(':');
}
