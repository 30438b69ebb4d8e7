import { currentContext, remainingMs, RequestContext, runInContext } from './request-context';

describe('request context', () => {
  it('follows a request through its awaits, apart from others', async () => {
    const seen = await Promise.all(
      ['a', 'b'].map((id) =>
        runInContext(new RequestContext(id), async () => {
          await new Promise(setImmediate);
          return currentContext()?.requestId;
        }),
      ),
    );
    expect(seen).toEqual(['a', 'b']);
    expect(currentContext()).toBeUndefined();
  });

  it('counts a budget down to zero and no further', () => {
    const context = new RequestContext('a', 50);
    expect(context.remainingMs()).toBeGreaterThan(0);
    expect(context.remainingMs()).toBeLessThanOrEqual(50);
    const spent = new RequestContext('b', -1);
    expect(spent.remainingMs()).toBe(0);
    expect(runInContext(spent, remainingMs)).toBe(0);
  });

  it('knows no hurry outside a request or without a budget', () => {
    expect(remainingMs()).toBe(Infinity);
    expect(runInContext(new RequestContext('a'), remainingMs)).toBe(Infinity);
  });
});
