import { EVENT_EXCHANGE, REQUEST_QUEUE, SUBSCRIBE_QUEUE } from '../../platform/messaging/topology';
import type { Services } from '../services';
import { rethrowUnreachable, type Check, type Verdict } from './doctor.finding';

const MANY_WAITING = 1_000;
const NO_BROKER =
  'check RABBITMQ_ADDRESS (user, password, host, port, virtual host, amqp or amqps) and that the server runs';
const BROKER_FIRST = 'mend the broker first';
const ADVICE: Readonly<Record<string, string>> = {
  ACCESS_REFUSED: 'rabbitmqctl set_permissions gives the login what it needs: configure, write and read',
  BLOCKED: 'make room: rabbitmqctl status tells which alarm it is',
};

async function checkConnection(services: Services): Promise<Verdict> {
  rethrowUnreachable(services, 'broker');
  const reason = await services.broker.probe();
  if (reason === undefined) return { state: 'good', detail: 'answers, and takes messages' };
  return { state: 'bad', detail: reason.text, advice: ADVICE[reason.code] ?? NO_BROKER };
}

async function checkExchange(services: Services): Promise<Verdict> {
  try {
    await services.broker.withChannel((channel) => channel.checkExchange(EVENT_EXCHANGE));
    return { state: 'good', detail: `${EVENT_EXCHANGE} is there` };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { state: 'bad', detail: `${EVENT_EXCHANGE} is missing`, advice: 'start the service, which declares it' };
  }
}

async function checkConsumers(services: Services, queue: string): Promise<Verdict> {
  try {
    const { consumerCount, messageCount } = await services.broker.withChannel((channel) => channel.checkQueue(queue));
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

async function checkParked(services: Services): Promise<Verdict> {
  const count = await services.parked.count();
  if (count === 0) return { state: 'good', detail: 'none' };
  return { state: 'poor', detail: `${count} events`, advice: 'registrar-control parked list, then parked replay' };
}

function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown }).code === 404;
}

export const checkBroker: readonly Check[] = [
  ['broker', checkConnection, NO_BROKER],
  ['event exchange', checkExchange, BROKER_FIRST],
  ['requests', (services) => checkConsumers(services, REQUEST_QUEUE), BROKER_FIRST],
  ['customer events', (services) => checkConsumers(services, SUBSCRIBE_QUEUE), BROKER_FIRST],
  ['parked events', checkParked, BROKER_FIRST],
];
