import { readableRealtime } from '../../../asterisk/realtime-text';
import type { View } from '../../terminal/output';
import type { ContactReply } from '../../../contact/contact.dto';

/** A registered device in readable form; JSON and CSV show the stored values. */
interface ContactView {
  readonly address: string;
  readonly userAgent: string;
  readonly expiresIn: string;
  readonly via: string;
}

export function viewOfContact(contact: ContactReply, nowMs: number): ContactView {
  const seconds = secondsLeft(contact, nowMs);
  return {
    address: readableRealtime(contact.uri),
    userAgent: readableRealtime(contact.user_agent) || '(none)',
    expiresIn: seconds === null ? 'unknown' : seconds > 0 ? `${seconds} s` : 'expired',
    via: viaOf(contact),
  };
}

export function contactView(nowMs: number): View<ContactReply> {
  const column = (title: string, field: keyof ContactView) => ({
    title,
    text: (contact: ContactReply) => viewOfContact(contact, nowMs)[field],
  });
  return {
    columns: [
      column('ADDRESS', 'address'),
      column('USER AGENT', 'userAgent'),
      column('EXPIRES IN', 'expiresIn'),
      column('VIA', 'via'),
    ],
    csv: (contact) => Object.fromEntries(Object.entries(contact).map(([name, value]) => [name, String(value)])),
  };
}

/** Seconds until the device must register again: 0 when that time is over, null when the row has no end. */
export function secondsLeft({ expiration_time: end }: ContactReply, nowMs: number): number | null {
  if (!Number.isFinite(end) || end <= 0) return null;
  return Math.max(0, Math.round(end - nowMs / 1_000));
}

function viaOf({ via_addr: stored, via_port: port }: ContactReply): string {
  const address = readableRealtime(stored);
  if (address === '' || port <= 0) return address;
  const isBareIpv6 = address.includes(':') && !address.startsWith('[');
  return `${isBareIpv6 ? `[${address}]` : address}:${port}`;
}
