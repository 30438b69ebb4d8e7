import { Observable, lastValueFrom, of } from 'rxjs';
import type { Config } from '../../config/config';
import { ServiceError } from '../../errors/service-error';
import { Metrics } from '../../observability/metrics/metrics';
import { RequestContext, currentContext, runInContext } from '../../observability/request-context';
import { CreateAdmission, CreatePlaces } from './create-admission';

const noContext = {} as never;

function setUp(createConcurrency: number, createQueue: number): { admission: CreateAdmission; metrics: Metrics } {
  const metrics = new Metrics();
  const places = new CreatePlaces({ createConcurrency, createQueue } as unknown as Config);
  return { admission: new CreateAdmission(places, metrics), metrics };
}

/** A create that ends on command. */
function held(): { handle: () => Observable<string>; end: () => void; isStarted: () => boolean } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let started = false;
  const handle = (): Observable<string> =>
    new Observable<string>((subscriber) => {
      started = true;
      void ended.then(() => {
        subscriber.next('created');
        subscriber.complete();
      });
    });
  return { handle, end, isStarted: () => started };
}

const run = (admission: CreateAdmission, create: { handle: () => Observable<unknown> }): Promise<unknown> =>
  lastValueFrom(admission.intercept(noContext, create));

describe('the places for creates', () => {
  it('are as many as configured; then creates wait, then they are refused at once', async () => {
    const { admission, metrics } = setUp(2, 1);
    const creates = [held(), held(), held()];
    const results = creates.map((create) => run(admission, create));
    const refused = run(admission, held());
    await expect(refused).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    expect(creates.map((create) => create.isStarted())).toEqual([true, true, false]);
    for (const create of creates) create.end();
    await expect(Promise.all(results)).resolves.toEqual(['created', 'created', 'created']);
    expect(await metrics.render()).toContain('create_queue_full');
  });

  it('come free again after a failure', async () => {
    const { admission } = setUp(1, 0);
    const failing = { handle: () => new Observable((subscriber) => subscriber.error(new Error('x'))) };
    await expect(run(admission, failing)).rejects.toThrow('x');
    await expect(run(admission, { handle: () => of('created') })).resolves.toBe('created');
  });

  it('leave a create that waited its own context and deadline', async () => {
    const { admission } = setUp(1, 1);
    const first = held();
    const seen: (string | undefined)[] = [];
    const second = {
      handle: () => {
        seen.push(currentContext()?.requestId);
        return of('created');
      },
    };
    const one = runInContext(new RequestContext('first', 2_500), () => run(admission, first));
    const two = runInContext(new RequestContext('second', 2_500), () => run(admission, second));
    first.end();
    await Promise.all([one, two]);
    expect(seen).toEqual(['second']);
  });

  it('refuse a create whose caller has stopped waiting', async () => {
    const { admission } = setUp(1, 1);
    const first = held();
    const late = { handle: jest.fn(() => of('created')) };
    const one = runInContext(new RequestContext('first', 10_000), () => run(admission, first));
    const two = runInContext(new RequestContext('late', 0), () => run(admission, late));
    first.end();
    await one;
    await expect(two).rejects.toBeInstanceOf(ServiceError);
    expect(late.handle).not.toHaveBeenCalled();
  });
});
