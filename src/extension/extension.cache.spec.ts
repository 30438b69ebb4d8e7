import { extensionCacheEntry, extensionCacheKeys } from './extension.cache';
import type { ExtensionReply } from './extension.dto';

const record = {
  id: 'id',
  customer_id: 'customer',
  extension: '2001',
  endpoint_id: '2001@realm',
  tm_delete: null,
} as ExtensionReply;
const gone: ExtensionReply = { ...record, tm_delete: '2026-08-22T10:11:12Z' };
const LOOK_UPS = ['registrar:extension_endpoint_id:2001@realm', 'registrar:customer_id_extension:customer:2001'];

describe('the cache of extensions', () => {
  it('holds a living one under its id and both look-ups', () => {
    expect(extensionCacheEntry(record)).toEqual({
      primary: 'registrar:extension:id',
      secondary: LOOK_UPS,
      dropped: [],
      value: record,
      ttlSeconds: 3_600,
    });
    expect(extensionCacheEntry(record, record).dropped).toEqual([]);
  });

  it('holds a deleted one under its id alone', () => {
    expect(extensionCacheEntry(gone)).toMatchObject({
      primary: 'registrar:extension:id',
      secondary: [],
      dropped: LOOK_UPS,
    });
  });

  it('drops the look-ups of the number that a renamed one had', () => {
    const before = { ...record, extension: '1', endpoint_id: '1@realm' };
    expect(extensionCacheEntry(record, before)).toMatchObject({
      secondary: LOOK_UPS,
      dropped: ['registrar:extension_endpoint_id:1@realm', 'registrar:customer_id_extension:customer:1'],
    });
  });

  it('knows every key that a change makes wrong', () => {
    const { primary, secondary, dropped } = extensionCacheEntry(gone);
    expect(extensionCacheKeys(gone)).toEqual(expect.arrayContaining([primary, ...secondary, ...dropped]));
  });
});
