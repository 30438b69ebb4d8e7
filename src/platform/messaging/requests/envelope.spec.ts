import fc from 'fast-check';
import { eachRow } from '../../../../test/support/each-row';
import {
  MALFORMED_REPLY,
  MalformedEnvelope,
  NO_SUCH_ROUTE_REPLY,
  decodeEvent,
  decodeRequest,
  encodeReply,
  successReply,
} from './envelope';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('a request envelope', () => {
  it('is read as Go reads it', () => {
    const request = decodeRequest(
      bytes(
        '{"URI":"/v1/x","method":"GET","method":"PUT","publisher":"api","data_type":"","data":{"a":1},"request_id":"r"}',
      ),
    );
    expect(request).toMatchObject({ uri: '/v1/x', method: 'PUT', publisher: 'api', requestId: 'r' });
    expect(request.data).toMatchObject({ kind: 'object' });
  });

  it.each(['null', '{}'])('%s is empty and legal', (text) => {
    expect(decodeRequest(bytes(text))).toMatchObject({ uri: '', method: '', data: undefined });
  });

  it('tells a null body from a missing one', () => {
    expect(decodeRequest(bytes('{"data":null}')).data).toEqual({ kind: 'null' });
    expect(decodeRequest(bytes('{}')).data).toBeUndefined();
  });

  eachRow(['', 'x', '[]', '"x"', '1', 'true', '{"uri":1}', '{"method":{}}', '{', '{}x', '\ufeff{}'])(
    'is malformed',
    (text) => {
      expect(() => decodeRequest(bytes(text))).toThrow(MalformedEnvelope);
      expect(() => decodeEvent(bytes(text === '{"uri":1}' || text === '{"method":{}}' ? '{"type":1}' : text))).toThrow(
        MalformedEnvelope,
      );
    },
  );

  it('is read or refused as malformed, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array().map(Buffer.from), fc.json().map(bytes)), (body) => {
        try {
          expect(typeof decodeRequest(body).uri).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedEnvelope);
        }
      }),
    );
  });
});

describe('a reply', () => {
  eachRow([
    [MALFORMED_REPLY, '{"status_code":400,"data_type":""}'],
    [NO_SUCH_ROUTE_REPLY, '{"status_code":404,"data_type":""}'],
    [successReply(undefined), '{"status_code":200,"data_type":""}'],
    [successReply([]), '{"status_code":200,"data_type":"application/json","data":[]}'],
    [successReply({ a: '<' }), '{"status_code":200,"data_type":"application/json","data":{"a":"\\u003c"}}'],
  ])('is written in the order of the wire', (reply, text) => {
    expect(encodeReply(reply).toString()).toBe(text);
  });
});
