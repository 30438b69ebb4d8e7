import { parse } from 'ipaddr.js';
import { isIPv4, isIPv6 } from 'node:net';

const PREFIX = /^[1-9][0-9]{0,2}$/;
const BITS = { ipv4: 32, ipv6: 128 } as const;

/**
 * The canonical text of an address or CIDR range. `undefined` for a text that Kamailio could read differently, such as
 * `203.0.113.7/`, which allows every address: names, ports, zones, brackets, text masks, /0, host bits, IPv4-mapped
 * IPv6.
 */
export function canonicalIp(text: string): string | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  if (rest.length > 0 || !(isIPv4(address) || isIPv6(address)) || address.includes('%')) return undefined;
  const ip = parse(address);
  if (ip.kind() === 'ipv6' && 'isIPv4MappedAddress' in ip && ip.isIPv4MappedAddress()) return undefined;
  const canonical = ip.toString();
  if (prefix === undefined) return canonical;
  const bits = Number(prefix);
  if (!PREFIX.test(prefix) || bits > BITS[ip.kind()] || hasHostBits(ip.toByteArray(), bits)) return undefined;
  return `${canonical}/${bits}`;
}

function hasHostBits(bytes: readonly number[], prefixBits: number): boolean {
  return bytes.some((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefixBits - index * 8));
    return (byte & (0xff >> kept)) !== 0;
  });
}
