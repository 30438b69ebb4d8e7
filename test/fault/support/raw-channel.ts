import { connect, type ConfirmChannel } from 'amqplib';

/** A channel of the test's own, to do to the broker what no caller does. */
export async function withChannel<T>(address: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(address);
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return await work(channel);
  } finally {
    await connection.close();
  }
}

/** Puts messages on a queue and waits until the broker has them. */
export function sendAll(
  address: string,
  queue: string,
  bodies: readonly string[],
  options: { replyTo?: string } = {},
): Promise<void> {
  return withChannel(address, async (channel) => {
    for (const body of bodies) channel.sendToQueue(queue, Buffer.from(body), { contentType: 'text/plain', ...options });
    await channel.waitForConfirms();
  });
}
