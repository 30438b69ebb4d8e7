import { isIPv4, isIPv6 } from 'node:net';

const BITS = { 4: 32, 16: 128 } as const;
/** What C's atoi reads; its blanks are those of ASCII. */
const LEADING_INTEGER = /^[ \t\n\v\f\r]*([+-]?[0-9]+)/;
const LONG_MAX = 2n ** 63n - 1n;

/**
 * True when Kamailio's `is_in_subnet(source, nets)` is (module ipops 6.1): `nets` is an address, a network, or several of
 * them between commas, in the text's own form, also where it means something else than it says (`203.0.113.7/`).
 */
export function isInSubnet(source: string, nets: string): boolean {
  const bytes = bytesOf(source);
  if (bytes === undefined) return false;
  return nets.split(',').some((net) => holds(net.replace(/^ +| +$/g, ''), bytes));
}

/** The mask as Kamailio reads it; `undefined` where it compares whole addresses, also for the mask -1. */
export function maskOf(net: string): number | undefined {
  const slash = net.lastIndexOf('/');
  const mask = slash > 0 ? atoi(net.slice(slash + 1)) : -1;
  return mask === -1 ? undefined : mask;
}

/** Changes `source` as Kamailio does: the next network of a list is compared with what a mask of IPv6 left of it. */
function holds(net: string, source: number[]): boolean {
  const slash = net.lastIndexOf('/');
  const address = bytesOf(slash > 0 ? net.slice(0, slash) : net);
  if (address?.length !== source.length) return false;
  const bits = BITS[source.length === 4 ? 4 : 16];
  const mask = maskOf(net) ?? bits;
  if (mask < 0 || mask > bits) return false;
  const left = (bytes: readonly number[]): number[] => bytes.map((byte, at) => byte & maskByte(mask - at * 8));
  const isInside = left(source).every((byte, at) => byte === left(address)[at]);
  if (bits === 128 && maskOf(net) !== undefined) source.splice(0, source.length, ...left(source));
  return isInside;
}

function maskByte(bits: number): number {
  return bits <= 0 ? 0 : 0xff & ~(0xff >> Math.min(bits, 8));
}

function bytesOf(text: string): number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number);
  return isIPv6(text) && !text.includes('%') ? bytesOfIPv6(text) : undefined;
}

/** Not by ipaddr.js, which takes `::192.0.2.1` for an IPv4-mapped address. */
function bytesOfIPv6(text: string): number[] {
  const [head = [], tail = []] = text
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').flatMap(bytesOfPart)));
  return [...head, ...Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

function bytesOfPart(part: string): number[] {
  if (part.includes('.')) return part.split('.').map(Number);
  const value = parseInt(part, 16);
  return [value >> 8, value & 0xff];
}

/** A number that does not fit becomes the nearest long, and of that the lower 32 bits: -1, or 0 for a negative one. */
function atoi(text: string): number {
  const digits = LEADING_INTEGER.exec(text)?.[1];
  if (digits === undefined) return 0;
  const value = BigInt(digits.replace('+', ''));
  const long = value > LONG_MAX ? LONG_MAX : value < -LONG_MAX - 1n ? -LONG_MAX - 1n : value;
  return Number(BigInt.asIntN(32, long));
}
