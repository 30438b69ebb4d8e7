import { eachRow } from '../../../../test/support/each-row';
import { ServiceError, UpstreamError, invalidArgument, unavailable } from '../../errors/service-error';
import type { Log } from '../../observability/log/logger';
import { MalformedEnvelope, type ReplyEnvelope } from './envelope';
import { ErrorsAsTheyAre, errorReply } from './error-reply';

function setUp(): { reply: (error: unknown) => ReplyEnvelope; logged: [string, string, unknown][] } {
  const logged: [string, string, unknown][] = [];
  const at = (level: string) => (message: string, fields: unknown) => void logged.push([level, message, fields]);
  const log = { debug: at('debug'), info: at('info'), warning: at('warning'), error: at('error') } as unknown as Log;
  return { reply: (error) => errorReply(error, log), logged };
}

describe('the reply to an error', () => {
  it('answers what a caller caused, and logs nothing', () => {
    const { reply, logged } = setUp();
    expect(reply(invalidArgument([{ field: 'name', rule: 'is too long' }]))).toEqual({
      status_code: 400,
      data_type: 'voipbin_error',
      data: {
        status: 'INVALID_ARGUMENT',
        reason: 'INVALID_ARGUMENT',
        domain: 'registrar-manager',
        message: 'The request is invalid.',
        details: [{ field: 'name', rule: 'is too long' }],
      },
    });
    expect(logged).toEqual([]);
  });

  it('warns of a dependency that is away', () => {
    const { reply, logged } = setUp();
    expect(reply(unavailable('database bin', new Error('x')))).toMatchObject({ status_code: 503 });
    expect(logged.map(([level]) => level)).toEqual(['warning']);
  });

  eachRow([
    new Error('password=s3cret'),
    new TypeError('s3cret'),
    's3cret',
    null,
    undefined,
    { s3cret: 1 },
    { status: 'NOT_FOUND', message: 's3cret' },
  ])('hides what was thrown behind an id that the log knows', (error) => {
    const { reply, logged } = setUp();
    const answer = reply(error);
    expect(answer.status_code).toBe(500);
    const text = JSON.stringify(answer);
    expect(text).not.toContain('s3cret');
    const id = /"error_id":"([0-9a-f-]{36})"/.exec(text)?.[1];
    expect(id).toBeDefined();
    expect(logged).toEqual([['error', 'A request failed', { error, error_id: id }]]);
  });

  it('gives each of them an id of its own', () => {
    const { reply } = setUp();
    expect(reply(new Error())).not.toEqual(reply(new Error()));
  });

  it("passes another service's typed error on as it came", () => {
    const body = {
      status: 'PAYMENT_REQUIRED',
      reason: 'NO_CREDIT',
      domain: 'billing-manager',
      message: 'm',
      extra: [1],
    };
    expect(setUp().reply(new UpstreamError(body))).toEqual({
      status_code: 402,
      data_type: 'voipbin_error',
      data: body,
    });
  });

  it('is a bare refusal for what is no envelope, and a warning', () => {
    const { reply, logged } = setUp();
    expect(reply(new MalformedEnvelope('not an envelope'))).toEqual({ status_code: 400, data_type: '' });
    expect(logged).toEqual([['warning', 'Refused a malformed request', { reason: 'not an envelope' }]]);
  });
});

it('an error leaves the handlers as it is', () => {
  const error = new ServiceError('NOT_FOUND', 'X', 'x');
  expect(() => new ErrorsAsTheyAre().catch(error)).toThrow(error);
});
