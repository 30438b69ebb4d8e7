// Stand-ins for billing-manager and direct-manager: every request succeeds, because seeded records have directs too.
import { randomUUID } from 'node:crypto';

const QUEUES = ['bin-manager.billing-manager.request', 'bin-manager.direct-manager.request'];

export async function servePeers(channel) {
  for (const queue of QUEUES) {
    await channel.assertQueue(queue, { durable: true });
    await channel.consume(
      queue,
      ({ properties: { replyTo, correlationId } }) => {
        const id = randomUUID();
        const data = { valid: true, id, hash: `direct.${id.slice(24)}` };
        const reply = JSON.stringify({ status_code: 200, data_type: 'application/json', data });
        channel.sendToQueue(replyTo, Buffer.from(reply), { contentType: 'text/plain', correlationId });
      },
      { noAck: true },
    );
  }
}
