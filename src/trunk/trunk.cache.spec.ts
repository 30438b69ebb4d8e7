import { trunkCacheEntry, trunkCacheKeys } from './trunk.cache';
import type { TrunkReply } from './trunk.dto';

const trunk = { id: 'id', domain_name: 'acme', tm_delete: null } as TrunkReply;
const gone: TrunkReply = { ...trunk, tm_delete: '2026-08-22T10:11:12Z' };

describe('the cache of trunks', () => {
  it('holds a living one under its id and its domain', () => {
    expect(trunkCacheEntry(trunk)).toEqual({
      primary: 'registrar:trunk:id',
      secondary: ['registrar:trunk_domain_name:acme'],
      dropped: [],
      value: trunk,
      ttlSeconds: 3_600,
    });
  });

  it('holds a deleted one under its id alone', () => {
    expect(trunkCacheEntry(gone)).toMatchObject({ secondary: [], dropped: ['registrar:trunk_domain_name:acme'] });
  });

  it('drops the domain that a renamed one had', () => {
    expect(trunkCacheEntry(trunk, { ...trunk, domain_name: 'old' })).toMatchObject({
      secondary: ['registrar:trunk_domain_name:acme'],
      dropped: ['registrar:trunk_domain_name:old'],
    });
  });

  it('knows every key that a change makes wrong', () => {
    const { primary, secondary, dropped } = trunkCacheEntry(gone);
    expect(trunkCacheKeys(gone)).toEqual(expect.arrayContaining([primary, ...secondary, ...dropped]));
  });
});
