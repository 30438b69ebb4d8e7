import type { ChannelModel } from 'amqplib';
import { withTimeout } from '../observability/timeout';
import { declarationReason, type BrokerReason } from './broker-reason';

const TIMEOUT_MS = 2_000;
/** No queue has this name. */
const NOWHERE = 'bin-manager.registrar-manager.probe';
const NO_CONFIRM: BrokerReason = { code: 'TIMEOUT', text: 'it takes no message in time', isRefusal: false };

/**
 * Sends a message that no queue gets, and waits for its confirm: a broker in alarm gives none, and a login without the
 * permission is refused. `undefined` when the message was taken.
 */
export async function refusalToPublish(connection: ChannelModel): Promise<BrokerReason | undefined> {
  let refusal: unknown;
  const publish = async (): Promise<undefined> => {
    const channel = await connection.createConfirmChannel();
    channel.on('error', (error: unknown) => (refusal = error));
    channel.publish('', NOWHERE, Buffer.alloc(0));
    await channel.waitForConfirms();
    await channel.close();
  };
  return withTimeout(publish, TIMEOUT_MS).catch(() => declarationReason(refusal) ?? NO_CONFIRM);
}
