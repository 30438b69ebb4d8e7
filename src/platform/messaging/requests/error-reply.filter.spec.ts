import { ServiceError, UpstreamError, invalidArgument, unavailable } from '../../errors/service-error';
import type { Log } from '../../observability/log/logger';
import { ErrorReply, ErrorReplyFilter } from './error-reply.filter';

function setUp(): { filter: ErrorReplyFilter; logged: [string, string, unknown][] } {
  const logged: [string, string, unknown][] = [];
  const at = (level: string) => (message: string, fields: unknown) => void logged.push([level, message, fields]);
  const log = { debug: at('debug'), info: at('info'), warning: at('warning'), error: at('error') } as unknown as Log;
  return { filter: new ErrorReplyFilter(log), logged };
}

describe('the filter of errors', () => {
  it('answers what a caller caused, and logs nothing', () => {
    const { filter, logged } = setUp();
    expect(filter.reply(invalidArgument([{ field: 'name', rule: 'is too long' }]))).toEqual({
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
    const { filter, logged } = setUp();
    expect(filter.reply(unavailable('database bin', new Error('x')))).toMatchObject({ status_code: 503 });
    expect(logged.map(([level]) => level)).toEqual(['warning']);
  });

  it.each([new Error('password=s3cret'), new TypeError('s3cret'), 's3cret', null, undefined, { s3cret: 1 }])(
    'hides %p behind an id that the log knows',
    (error) => {
      const { filter, logged } = setUp();
      const reply = filter.reply(error);
      expect(reply.status_code).toBe(500);
      const text = JSON.stringify(reply);
      expect(text).not.toContain('s3cret');
      const id = /"error_id":"([0-9a-f-]{36})"/.exec(text)?.[1];
      expect(id).toBeDefined();
      expect(logged).toEqual([['error', 'A request failed', { error, error_id: id }]]);
    },
  );

  it("passes another service's typed error on as it came", () => {
    const body = {
      status: 'PAYMENT_REQUIRED',
      reason: 'NO_CREDIT',
      domain: 'billing-manager',
      message: 'm',
      extra: [1],
    };
    expect(setUp().filter.reply(new UpstreamError(body))).toEqual({
      status_code: 402,
      data_type: 'voipbin_error',
      data: body,
    });
  });

  it('returns what it made to the router', () => {
    const host = { getType: () => 'rpc' } as never;
    const reply: unknown = setUp().filter.catch(new ServiceError('NOT_FOUND', 'X', 'x'), host);
    expect(reply).toBeInstanceOf(ErrorReply);
    expect((reply as ErrorReply).envelope.status_code).toBe(404);
  });
});
