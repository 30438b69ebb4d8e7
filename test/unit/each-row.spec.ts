import { eachRow } from '../support/each-row';

/** What `eachRow` hands to `it`. */
function made(rows: readonly unknown[], check: (cell: unknown) => unknown): () => Promise<void> {
  const its = jest.spyOn(globalThis, 'it').mockImplementation(() => undefined);
  try {
    eachRow(rows)('title', check);
    expect(its.mock.calls).toEqual([['title', expect.any(Function)]]);
    return its.mock.calls[0]?.[1] as unknown as () => Promise<void>;
  } finally {
    its.mockRestore();
  }
}

describe('a table of rows as one test', () => {
  it('passes when every row does', async () => {
    const seen: unknown[] = [];
    await made(['a', 'b'], (cell) => seen.push(cell))();
    expect(seen).toEqual(['a', 'b']);
  });

  it('shows every row that differs, also where the check is asynchronous', async () => {
    const run = made(['a', 'b', 'c'], (cell) => expect(Promise.resolve(cell)).resolves.toBe('b'));
    const failure = await run().catch((error: unknown) => String(error));
    expect(failure).toMatch(/2 of 3 rows differ:[^]*'a'[^]*Received[^]*'c'[^]*Received/);
    expect(failure).not.toMatch(/^'b'/m);
  });
});
