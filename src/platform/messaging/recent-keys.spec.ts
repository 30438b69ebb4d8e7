import { RecentKeys } from './recent-keys';

const NOW = 1_700_000_000_000;

describe('recent keys', () => {
  it('are known for their time', () => {
    const keys = new RecentKeys(10, 1_000);
    keys.add('a', NOW);
    expect(keys.has('a', NOW + 999)).toBe(true);
    expect(keys.has('a', NOW + 1_000)).toBe(false);
    expect(keys.has('b', NOW)).toBe(false);
  });

  it('live on when they are added again', () => {
    const keys = new RecentKeys(2, 1_000);
    for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) keys.add(key, NOW + at);
    expect(['a', 'b', 'c'].map((key) => keys.has(key, NOW + 1_001))).toEqual([true, false, true]);
  });

  it('are at least as many as asked for, and at most twice as many', () => {
    const keys = new RecentKeys(100, 1_000);
    for (let n = 0; n < 1_050; n++) keys.add(String(n), NOW);
    const known = Array.from({ length: 1_050 }, (_, n) => keys.has(String(n), NOW));
    expect(known.slice(-100).every(Boolean)).toBe(true);
    expect(known.filter(Boolean).length).toBeLessThanOrEqual(200);
  });
});
