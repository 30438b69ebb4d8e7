import { EVENT_EXCHANGE, REQUEST_QUEUE, SUBSCRIBE_QUEUE } from '../../platform/messaging/topology';
import type { Services } from '../services';
import { bad, type Check, good, poor, rethrowUnreachable, type Verdict } from './doctor.finding';

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
  if (reason === undefined) return good('answers, and takes messages');
  return bad(reason.text, ADVICE[reason.code] ?? NO_BROKER);
}

async function checkExchange({ broker }: Services): Promise<Verdict> {
  try {
    await broker.withChannel((channel) => channel.checkExchange(EVENT_EXCHANGE));
    return good(`${EVENT_EXCHANGE} is there`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return bad(`${EVENT_EXCHANGE} is missing`, 'start the service, which declares it');
  }
}

async function checkConsumers({ broker }: Services, queue: string): Promise<Verdict> {
  try {
    const { consumerCount, messageCount } = await broker.withChannel((channel) => channel.checkQueue(queue));
    const detail = `${consumerCount} consumers, ${messageCount} waiting`;
    if (consumerCount === 0) return bad(detail, 'start the service: no process takes these messages');
    return messageCount > MANY_WAITING ? poor(detail, 'look for slow databases, or add a replica') : good(detail);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return bad('the queue is missing', 'start the service, which declares it');
  }
}

async function checkParked({ parked }: Services): Promise<Verdict> {
  const count = await parked.count();
  return count === 0 ? good('none') : poor(`${count} events`, 'registrar-control parked list, then parked replay');
}

function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown }).code === 404;
}

export const BROKER_CHECKS: readonly Check[] = [
  ['broker', NO_BROKER, checkConnection],
  ['event exchange', BROKER_FIRST, checkExchange],
  ['requests', BROKER_FIRST, (services) => checkConsumers(services, REQUEST_QUEUE)],
  ['customer events', BROKER_FIRST, (services) => checkConsumers(services, SUBSCRIBE_QUEUE)],
  ['parked events', BROKER_FIRST, checkParked],
];
