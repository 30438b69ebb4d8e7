// Stand-ins for billing-manager and direct-manager, with the routes that the service calls.
import { randomUUID } from 'node:crypto';
import { Link } from './link.mjs';

const ok = (data) => ({ status_code: 200, data_type: 'application/json', data });

function billing() {
  return ok({ valid: true });
}

/** Keeps its directs. Like direct-manager, it refuses a request for an unknown or deleted direct. */
function directs() {
  const kept = new Map();
  const mint = () => `direct.${randomUUID().slice(24)}`;
  return ({ method, uri, data }) => {
    const [, , , id] = uri.split('/');
    if (method === 'POST' && !id) {
      const direct = { ...data, id: randomUUID(), hash: mint(), tm_create: '2026-01-01T00:00:00Z', tm_update: null };
      kept.set(direct.id, direct);
      return ok(direct);
    }
    const direct = kept.get(id);
    if (!direct) return { status_code: method === 'DELETE' ? 400 : 500, data_type: '' };
    if (method === 'DELETE') kept.delete(id);
    else direct.hash = mint();
    return ok(direct);
  };
}

function serve(address, queue, answer) {
  return new Link(address, async (connection) => {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    await channel.assertQueue(queue, { durable: true });
    await channel.consume(
      queue,
      (message) => {
        if (!message) return;
        const { replyTo, correlationId } = message.properties;
        const reply = Buffer.from(JSON.stringify(answer(JSON.parse(message.content.toString()))));
        channel.sendToQueue(replyTo, reply, { contentType: 'text/plain', correlationId });
      },
      { noAck: true },
    );
  }).open();
}

/** `onRequest` is called for each request. */
export function servePeers(address, onRequest = () => {}) {
  const noting = (answer) => (request) => {
    onRequest();
    return answer(request);
  };
  return Promise.all([
    serve(address, 'bin-manager.billing-manager.request', noting(billing)),
    serve(address, 'bin-manager.direct-manager.request', noting(directs())),
  ]);
}
