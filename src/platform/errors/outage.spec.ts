import { eachRow } from '../../../test/support/each-row';
import { isOutage } from './outage';
import { internal, ServiceError, unavailable, UpstreamError } from './service-error';

const OUTAGE = unavailable('database bin', new Error('connect ECONNREFUSED'));
const DEFECT = new Error('You have an error in your SQL syntax');

describe('what is waited for', () => {
  eachRow<[string, unknown]>([
    ['an unavailable dependency', OUTAGE],
    ["another service's own outage", new UpstreamError({ status: 'UNAVAILABLE', reason: 'X' })],
    ['several failures of which one is an outage', new AggregateError([DEFECT, OUTAGE])],
    ['the same within the same', new AggregateError([new AggregateError([DEFECT, OUTAGE])])],
  ])('is an outage', (_, error) => expect(isOutage(error)).toBe(true));

  eachRow<[string, unknown]>([
    ['a defect', DEFECT],
    ['defects', new AggregateError([DEFECT, DEFECT])],
    ['no failure at all', new AggregateError([])],
    ['an internal error', internal('id', OUTAGE)],
    ['a refusal', new ServiceError('NOT_FOUND', 'EXTENSION_NOT_FOUND', 'The extension was not found.')],
    ['a text', 'UNAVAILABLE'],
    ['nothing', undefined],
  ])('is no outage', (_, error) => expect(isOutage(error)).toBe(false));

  it('comes to an end for failures that hold themselves', () => {
    const endless = new AggregateError([DEFECT]);
    endless.errors.push(endless);
    expect(isOutage(endless)).toBe(false);
  });
});
