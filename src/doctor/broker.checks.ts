import { Broker } from '../platform/messaging/broker';
import { ParkedEvents } from '../platform/messaging/parked-events';
import { EVENT_EXCHANGE, REQUEST_QUEUE, SUBSCRIBE_QUEUE } from '../platform/messaging/topology';
import type { OpenSession } from '../platform/terminal/session';
import { rethrowUnreachable, type Check, type Verdict } from './doctor.finding';

const MANY_WAITING = 1_000;
const NO_BROKER =
  'check RABBITMQ_ADDRESS (user, password, host, port, virtual host, amqp or amqps) and that the server runs';

async function checkConnection(session: OpenSession): Promise<Verdict> {
  rethrowUnreachable(session, 'broker');
  const channel = await session.get(Broker).openChannel();
  await channel.close();
  return { state: 'good', detail: 'answers' };
}

async function checkExchange(session: OpenSession): Promise<Verdict> {
  const channel = await session.get(Broker).openChannel();
  try {
    await channel.checkExchange(EVENT_EXCHANGE);
    await channel.close();
    return { state: 'good', detail: `${EVENT_EXCHANGE} is there` };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { state: 'bad', detail: `${EVENT_EXCHANGE} is missing`, advice: 'start the service, which declares it' };
  }
}

async function checkConsumers(session: OpenSession, queue: string): Promise<Verdict> {
  const channel = await session.get(Broker).openChannel();
  try {
    const { consumerCount, messageCount } = await channel.checkQueue(queue);
    await channel.close();
    const detail = `${consumerCount} consumers, ${messageCount} waiting`;
    if (consumerCount === 0) return { state: 'bad', detail, advice: 'start the service: nobody takes these messages' };
    const isBusy = messageCount > MANY_WAITING;
    return isBusy
      ? { state: 'poor', detail, advice: 'look for slow databases, or add a replica' }
      : { state: 'good', detail };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { state: 'bad', detail: 'the queue is missing', advice: 'start the service, which declares it' };
  }
}

async function checkParked(session: OpenSession): Promise<Verdict> {
  const count = await session.get(ParkedEvents).count();
  if (count === 0) return { state: 'good', detail: 'none' };
  return { state: 'poor', detail: `${count} events`, advice: 'registrar-control parked list, then parked replay' };
}

function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown }).code === 404;
}

export const checkBroker: readonly Check[] = [
  ['broker', checkConnection, NO_BROKER],
  ['event exchange', checkExchange, NO_BROKER],
  ['requests', (session) => checkConsumers(session, REQUEST_QUEUE), NO_BROKER],
  ['customer events', (session) => checkConsumers(session, SUBSCRIBE_QUEUE), NO_BROKER],
  ['parked events', checkParked, NO_BROKER],
];
