import { Cache } from './cache';

it('stays in use when Redis does not take, give or remove a kept value', async () => {
  const refuse = (): Promise<never> => Promise.reject(new Error('Command timed out'));
  const markAway = jest.fn();
  const cache = Object.create(Cache.prototype) as Cache;
  Object.assign(cache, {
    outage: { isWritable: true, markAway, addMissed: () => undefined },
    jsonStore: { replace: refuse, mdel: refuse },
    manager: { get: refuse, del: refuse },
  });
  await cache.keep('key', { kept: true }, 60);
  expect(await cache.recall('key')).toBeUndefined();
  await cache.discard('key');
  expect(markAway).not.toHaveBeenCalled();
  // A key of the cache that is not dropped must not be read any more.
  await cache.forget(['key']);
  expect(markAway).toHaveBeenCalledTimes(1);
});
