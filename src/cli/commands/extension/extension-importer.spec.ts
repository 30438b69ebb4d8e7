import { ServiceError } from '../../../platform/errors/service-error';
import { CreateExtensionDto, type ExtensionReply } from '../../../extension/extension.dto';
import { ExtensionImporter } from './extension-importer';

const away = (): ServiceError =>
  new ServiceError('UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'The database is not available.');
const rows = ['2001', '2002', '2003'].map((extension, index) => ({
  at: `line ${index + 2}`,
  request: Object.assign(new CreateExtensionDto(), { customerId: 'c', extension, username: '' }),
  hasGeneratedPassword: true,
}));

/** Extensions in memory; each create asks `fault` first. `isMadeAllTheSame` is a commit whose end was not seen. */
function extensions(fault: () => Error | undefined, isMadeAllTheSame = false) {
  const made = new Set<string>();
  return {
    made,
    create: ({ extension }: CreateExtensionDto): Promise<ExtensionReply> => {
      const error = fault();
      if (error === undefined || isMadeAllTheSame) made.add(extension);
      return error === undefined ? Promise.resolve({ extension } as ExtensionReply) : Promise.reject(error);
    },
    findByNumber: (_: string, extension: string): Promise<ExtensionReply | undefined> =>
      Promise.resolve(made.has(extension) ? ({ extension, username: extension } as ExtensionReply) : undefined),
  };
}

async function run(service: ReturnType<typeof extensions>, concurrency: number, delaysMs = [1, 2]) {
  const told: string[] = [];
  const listener = { onRow: () => told.push('row'), onOutage: () => told.push('outage') };
  const importer = new ExtensionImporter({ reader: service, writer: service }, rows, listener, delaysMs);
  const isGivenUp = await importer.run(concurrency, new AbortController().signal);
  return { isGivenUp, summary: importer.summary, told };
}

it('continues after a short outage, and reports it once', async () => {
  let faults = 2;
  const { isGivenUp, summary, told } = await run(
    extensions(() => (faults-- > 0 ? away() : undefined)),
    1,
  );
  expect(isGivenUp).toBe(false);
  expect(summary).toMatchObject({ created: 3, generated_passwords: 3, skipped: 0, failed: 0, left: 0 });
  expect(told).toEqual(['outage', 'row', 'row', 'row']);
});

it('reports an outage once, even if a row that began before it succeeds during it', async () => {
  const service = extensions(() => undefined);
  const faults: Record<string, number> = { 2002: 2, 2003: 1 };
  let isAway = (): void => undefined;
  const begun = new Promise<void>((resolve) => (isAway = resolve));
  const { create } = service;
  service.create = async (request) => {
    if (request.extension === '2001') await begun;
    else if ((faults[request.extension] ?? 0) > 0) {
      faults[request.extension]!--;
      isAway();
      throw away();
    }
    return create(request);
  };
  const { told, summary } = await run(service, 2);
  expect(told.filter((what) => what === 'outage')).toHaveLength(1);
  expect(summary).toMatchObject({ created: 3, left: 0 });
});

it('counts an extension created by an attempt with an unknown outcome as created', async () => {
  let faults = 1;
  const { summary } = await run(
    extensions(() => (faults-- > 0 ? away() : undefined), true),
    1,
  );
  expect(summary).toMatchObject({ created: 3, generated_passwords: 3, skipped: 0, left: 0 });
});

it('ends after a bounded number of attempts, with the rest left', async () => {
  let attempts = 0;
  const { isGivenUp, summary } = await run(
    extensions(() => {
      attempts += 1;
      return away();
    }),
    1,
  );
  expect(isGivenUp).toBe(true);
  expect(attempts).toBe(3);
  expect(summary).toMatchObject({ created: 0, failed: 0, left: 3 });
});

it('does not retry a refused row', async () => {
  let attempts = 0;
  const { summary } = await run(
    extensions(() => {
      attempts += 1;
      return new ServiceError('RESOURCE_EXHAUSTED', 'LIMIT', 'The plan allows no more.');
    }),
    2,
  );
  expect(attempts).toBe(3);
  expect(summary).toMatchObject({ failed: 3, left: 0 });
});

it('stops waiting when it is interrupted', async () => {
  const interruption = new AbortController();
  const listener = {
    onRow: () => undefined,
    onOutage: () => {
      interruption.abort();
    },
  };
  const service = extensions(away);
  const importer = new ExtensionImporter({ reader: service, writer: service }, rows, listener, [60_000]);
  expect(await importer.run(2, interruption.signal)).toBe(false);
  expect(importer.summary).toMatchObject({ left: 3 });
});
