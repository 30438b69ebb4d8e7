import { LoginHistory, type Attempt } from '../asterisk/support/login-history';
import { eachRow } from '../support/each-row';

/** Created at 10 to 20 with `first`, changed at 30 to 40 to `second`, deleted at 50 to 60. */
const history = new LoginHistory();
history.note('2001@realm', { begun: 10, ended: 20, password: 'first' });
history.note('2001@realm', { begun: 30, ended: 40, password: 'second' });

const deleted = new LoginHistory();
deleted.note('2001@realm', { begun: 10, ended: 20, password: 'first' });
deleted.note('2001@realm', { begun: 50, ended: 60, password: undefined });

const attempt = (begun: number, ended: number, changes: Partial<Attempt> = {}): Attempt => ({
  endpointId: '2001@realm',
  password: 'first',
  expires: 60,
  status: 200,
  begun,
  ended,
  ...changes,
});

describe('the answer to a REGISTER', () => {
  eachRow([
    [1, 5, 'first', 'refused'],
    [5, 15, 'first', 'either'],
    [20, 30, 'first', 'accepted'],
    [20, 31, 'first', 'either'],
    [39, 45, 'first', 'either'],
    [40, 45, 'first', 'refused'],
    [20, 29, 'second', 'refused'],
    [35, 36, 'second', 'either'],
    [40, 99, 'second', 'accepted'],
    [20, 99, 'third', 'refused'],
  ] as const)('follows from the changes around it', (begun, ended, password, answer) => {
    expect(history.answerTo(attempt(begun, ended, { password }))).toBe(answer);
  });

  it('is a refusal where the login never was or is gone', () => {
    expect(history.answerTo(attempt(20, 30, { endpointId: '2002@realm' }))).toBe('refused');
    expect(deleted.answerTo(attempt(60, 61))).toBe('refused');
    expect(deleted.answerTo(attempt(59, 61))).toBe('either');
  });
});

describe('the listing of a phone', () => {
  eachRow([
    ['never accepted', [attempt(41, 42, { status: 401 })], 'absent'],
    ['accepted after the last change', [attempt(41, 42)], 'listed'],
    ['accepted, then refused', [attempt(41, 42), attempt(43, 44, { status: 401 })], 'listed'],
    ['accepted during the last change', [attempt(35, 42)], 'either'],
    ['accepted before the last change', [attempt(21, 22)], 'absent'],
    [
      'accepted before the last change, refused after it',
      [attempt(21, 22), attempt(41, 42, { status: 403 })],
      'absent',
    ],
    ['unregistered', [attempt(41, 42), attempt(43, 44, { expires: 0 })], 'absent'],
    ['registered again', [attempt(41, 42, { expires: 0 }), attempt(43, 44)], 'listed'],
    ['unanswered', [attempt(41, 42), attempt(43, 44, { status: undefined })], 'either'],
  ] as const)('follows from its attempts and the changes', (_, attempts, listing) => {
    expect(history.listingAfter('2001@realm', attempts)).toBe(listing);
  });

  it('is empty where the login is gone, also for a REGISTER that was under way', () => {
    expect(deleted.listingAfter('2001@realm', [attempt(55, 70)])).toBe('absent');
  });
});
