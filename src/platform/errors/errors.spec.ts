import { RpcException } from '@nestjs/microservices';
import { eachRow } from '../../../test/support/each-row';
import {
  internal,
  invalidArgument,
  ServiceError,
  STATUS_CODE,
  type Status,
  toErrorReply,
  unavailable,
  UpstreamError,
} from './service-error';

describe('toErrorReply', () => {
  it('writes the contract error byte by byte', () => {
    const error = new ServiceError('NOT_FOUND', 'EXTENSION_NOT_FOUND', 'The extension was not found.');
    expect(error).toBeInstanceOf(RpcException);
    expect(JSON.stringify(toErrorReply(error))).toBe(
      '{"status_code":404,"data_type":"voipbin_error","data":{"status":"NOT_FOUND","reason":"EXTENSION_NOT_FOUND","domain":"registrar-manager","message":"The extension was not found."}}',
    );
  });

  eachRow(Object.keys(STATUS_CODE) as Status[])('answers each status with its code', (status) => {
    expect(toErrorReply(new ServiceError(status, 'R', 'm')).status_code).toBe(STATUS_CODE[status]);
  });

  it('puts details last', () => {
    const { data } = toErrorReply(invalidArgument([{ field: 'extension', rule: '1-40 characters' }]));
    expect(Object.keys(data)).toEqual(['status', 'reason', 'domain', 'message', 'details']);
    expect(data).toMatchObject({ details: [{ field: 'extension', rule: '1-40 characters' }] });
  });

  it('names an internal error by its id alone', () => {
    expect(JSON.stringify(toErrorReply(internal('id-1', new Error('hunter2'))))).toBe(
      '{"status_code":500,"data_type":"voipbin_error","data":{"status":"INTERNAL","reason":"INTERNAL_ERROR","domain":"registrar-manager","message":"An internal error occurred.","details":[{"error_id":"id-1"}]}}',
    );
  });

  it('keeps the cause out of the reply', () => {
    const error = unavailable('database', new Error('hunter2'));
    expect(error.cause).toBeInstanceOf(Error);
    expect(toErrorReply(error)).toMatchObject({
      status_code: 503,
      data: { message: 'The database is not available.' },
    });
    expect(JSON.stringify(toErrorReply(error))).not.toContain('hunter2');
  });
});

describe('UpstreamError', () => {
  it('carries the body through as it came', () => {
    const text =
      '{"message":"gone","extra":1,"domain":"billing-manager","reason":"BILLING_ACCOUNT_NOT_FOUND","status":"NOT_FOUND","details":[]}';
    const reply = toErrorReply(new UpstreamError(JSON.parse(text) as Record<string, unknown>));
    expect(reply.status_code).toBe(404);
    expect(JSON.stringify(reply.data)).toBe(text);
  });

  it.each(['SOMETHING_NEW', 7, undefined, 'toString'])('answers the unknown status %p with 500', (status) => {
    const error = new UpstreamError({ status, reason: 'X' });
    expect(error.statusCode).toBe(500);
    expect(error.reason).toBe('X');
  });
});
