import { createExtension } from '../factories/extension.factory';
import { REQUEST_QUEUE } from '../support/caller';
import { eventually } from '../support/conditions';
import { countOf, requestText } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const BAD_REQUEST = '{"status_code":400,"data_type":""}';
const NO_ROUTE = '{"status_code":404,"data_type":""}';

const malformed: [string, string | Buffer][] = [
  ['nothing', ''],
  ['white space', '  \n'],
  ['text', 'hello'],
  ['half an object', '{"uri":"/v1/contacts","method":"GE'],
  ['an object and more', '{"uri":"/v1/contacts","method":"GET"} x'],
  ['a list', '[]'],
  ['a string', '"GET"'],
  ['a number', '1'],
  ['true', 'true'],
  ['a number as uri', '{"uri":1,"method":"GET"}'],
  ['a list as uri', '{"uri":[],"method":"GET"}'],
  ['an object as method', '{"uri":"/v1/contacts","method":{}}'],
  ['a number as publisher', '{"uri":"/v1/contacts","method":"GET","publisher":1}'],
  ['bytes', Buffer.from([0, 1, 2, 255, 254])],
  ['10,000 brackets', '['.repeat(10_000)],
  ['a byte order mark', '\ufeff{"uri":"/v1/contacts","method":"GET"}'],
];

describe('malformed envelopes', () => {
  const world = withWorld();

  it.each(malformed)('%s: one 400 without a body, and the message is gone', async (_what, body) => {
    const reply = await world().caller.sendRaw(body, { correlationId: 'c-1' });
    expect(reply.text).toBe(BAD_REQUEST);
    expect(reply.correlationId).toBe('c-1');
    expect(reply.contentType).toBe('text/plain');
  });

  it.each(malformed)('%s without reply_to: taken, dropped, and the service goes on', async (_what, body) => {
    await world().caller.sendWithoutReply(body);
    expect((await world().caller.get('/v1/nothing')).text).toBe(NO_ROUTE);
    await eventually(
      'an empty request queue',
      async () => (await world().caller.queueState(REQUEST_QUEUE)).messages === 0,
    );
  });

  it.each(['null', '{}', '{"uri":null,"method":null}', '{"data":{}}'])('%s is a request for nowhere', async (body) => {
    expect((await world().caller.sendRaw(body)).text).toBe(NO_ROUTE);
  });

  it('keys match in any case and the last duplicate counts', async () => {
    const customerId = freshId();
    const body = `{"URI":"/v1/nothing","Method":"POST","uri":"/v1/extensions/count_by_customer","METHOD":"GET",
      "Data":{"customer_id":"${customerId}"},"request_id":"r-1","more":[{}]}`;
    expect(countOf(await world().caller.sendRaw(body))).toBe(0);
  });

  it('a correlation id comes back; without one the reply has none', async () => {
    const request = requestText({ uri: '/v1/contacts', method: 'GET' });
    const withId = await world().caller.sendRaw(request, { correlationId: 'my-id' });
    expect(withId.correlationId).toBe('my-id');
    expect((await world().caller.sendRaw(request)).correlationId).toBeUndefined();
  });

  it('headers of a request stay out of its reply', async () => {
    const request = requestText({ uri: '/v1/contacts', method: 'GET' });
    const reply = await world().caller.sendRaw(request, { headers: { 'x-trace': 'a', CC: ['somebody-else'] } });
    expect(reply.headers).toEqual({});
  });

  it('a request without reply_to is carried out', async () => {
    const customerId = freshId();
    const data = createExtension(customerId);
    await world().caller.sendWithoutReply(requestText({ uri: '/v1/extensions', method: 'POST', data }));
    const [event] = await world().events.untilSeen(customerId, 'extension_created');
    expect(event?.data['extension']).toBe('2001');
  });
});
