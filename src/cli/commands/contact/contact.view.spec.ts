import { eachRow } from '../../../../test/support/each-row';
import { toContactReply, type ContactReply } from '../../../contact/contact.dto';
import { contactView, secondsLeft, viewOfContact } from './contact.view';

const NOW_MS = 1_800_000_000_000;
const EMPTY = toContactReply({} as Parameters<typeof toContactReply>[0]);
const contact = (changes: Partial<ContactReply>): ContactReply => ({ ...EMPTY, ...changes });

it('shows what a phone has sent, not how Asterisk stores it', () => {
  const shown = viewOfContact(
    contact({
      uri: 'sip:1001@203.0.113.9:5060^3Btransport=tls^3Bx=a^5Eb',
      user_agent: 'LinphoneAndroid/4.6.14 (x^3B y) LinphoneSDK/5.1.62 (tags/5.1.62^5E0)',
    }),
    NOW_MS,
  );
  expect(shown.address).toBe('sip:1001@203.0.113.9:5060;transport=tls;x=a^b');
  expect(shown.userAgent).toBe('LinphoneAndroid/4.6.14 (x; y) LinphoneSDK/5.1.62 (tags/5.1.62^0)');
});

eachRow([
  [0, 'unknown', null],
  [Number.NaN, 'unknown', null],
  [-1, 'unknown', null],
  [1_799_999_000, 'expired', 0],
  [1_800_000_000, 'expired', 0],
  [1_800_000_060, '60 s', 60],
])('an end is shown as the time that is left', (expiration_time, text, seconds) => {
  expect(viewOfContact(contact({ expiration_time }), NOW_MS).expiresIn).toBe(text);
  expect(secondsLeft(contact({ expiration_time }), NOW_MS)).toBe(seconds);
});

eachRow([
  ['', 0, ''],
  ['', 5060, ''],
  ['203.0.113.9', 0, '203.0.113.9'],
  ['203.0.113.9', 5060, '203.0.113.9:5060'],
  ['2001:db8::7', 5060, '[2001:db8::7]:5060'],
  ['[2001:db8::7]', 5060, '[2001:db8::7]:5060'],
])('an address is shown with its port', (via_addr, via_port, text) => {
  expect(viewOfContact(contact({ via_addr, via_port }), NOW_MS).via).toBe(text);
});

it('says that a phone names no user agent', () => {
  expect(viewOfContact(contact({}), NOW_MS).userAgent).toBe('(none)');
});

it('leaves CSV as it is stored', () => {
  expect(contactView(NOW_MS).csv(contact({ uri: 'sip:a^3Bb' }))['uri']).toBe('sip:a^3Bb');
});
