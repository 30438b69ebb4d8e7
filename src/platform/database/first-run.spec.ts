import { RequestContext, runInContext } from '../observability/request-context';
import { mayBeOfFirstRun } from './first-run';

const NOW = Date.parse('2026-08-22T10:11:12.500Z');
const fresh = { tmCreate: '2026-08-22 10:11:10.123456', tmUpdate: null };

const when = (isRedelivered: boolean, made: Parameters<typeof mayBeOfFirstRun>[0]): boolean =>
  runInContext(new RequestContext('r', 1_000, isRedelivered), () => mayBeOfFirstRun(made, NOW));

describe('a record of a first run', () => {
  it('is a fresh one, for a request that was delivered before', () => {
    expect(when(true, fresh)).toBe(true);
  });

  it.each([
    ['the request came for the first time', false, fresh],
    ['it is older than any caller waits', true, { ...fresh, tmCreate: '2026-08-22 10:11:00.000000' }],
    ['somebody has changed it', true, { ...fresh, tmUpdate: '2026-08-22 10:11:11.000000' }],
    ['the time of its making is not known', true, { ...fresh, tmCreate: null }],
  ])('is none when %s', (_, isRedelivered, made) => {
    expect(when(isRedelivered, made)).toBe(false);
  });

  it('is none outside a request', () => {
    expect(mayBeOfFirstRun(fresh, NOW)).toBe(false);
  });
});
