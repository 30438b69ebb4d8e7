import type { ConsumeMessage } from 'amqplib';
import { DeliveryRegister } from './deliveries';

const NOW = 1_700_000_000_000;

function delivery(content: string, redelivered: boolean, replyTo = 'amq.gen-1', correlationId = ''): ConsumeMessage {
  return {
    content: Buffer.from(content),
    fields: { redelivered },
    properties: { replyTo, correlationId },
  } as unknown as ConsumeMessage;
}

/** A delivery that was taken and answered. */
function answer(register: DeliveryRegister, message: ConsumeMessage, now = NOW): void {
  const key = register.begin(message, now);
  if (key === undefined) throw new Error('it was taken for a copy');
  register.end(key, now);
}

const isCopy = (register: DeliveryRegister, message: ConsumeMessage, now = NOW): boolean =>
  register.begin(message, now) === undefined;

describe('the register of deliveries', () => {
  it('knows the copy of what it has answered', () => {
    const register = new DeliveryRegister();
    answer(register, delivery('a', false));
    expect(isCopy(register, delivery('a', true), NOW + 1_000)).toBe(true);
  });

  it('knows the copy of what is in work, however long and beside how many others', () => {
    const register = new DeliveryRegister();
    register.begin(delivery('slow', false), NOW);
    for (let n = 0; n < 50_000; n++) answer(register, delivery(String(n), false));
    expect(isCopy(register, delivery('slow', true), NOW + 3_600_000)).toBe(true);
  });

  it('takes a first delivery for new, however alike it is', () => {
    const register = new DeliveryRegister();
    const first = register.begin(delivery('a', false), NOW) ?? '';
    expect(isCopy(register, delivery('a', false))).toBe(false);
    register.end(first, NOW);
    expect(isCopy(register, delivery('a', true))).toBe(true);
  });

  it('knows what is still in work after an equal delivery was answered long ago', () => {
    const register = new DeliveryRegister();
    register.begin(delivery('a', false), NOW);
    answer(register, delivery('a', false));
    expect(isCopy(register, delivery('a', true), NOW + 60_001)).toBe(true);
  });

  it.each([
    ['another body', delivery('b', true)],
    ['another caller', delivery('a', true, 'amq.gen-2')],
    ['another call', delivery('a', true, 'amq.gen-1', 'c')],
  ])('lets a redelivery of %s run', (_, other) => {
    const register = new DeliveryRegister();
    answer(register, delivery('a', false));
    expect(isCopy(register, other)).toBe(false);
  });

  it('lets a redelivery run that another process began', () => {
    expect(isCopy(new DeliveryRegister(), delivery('a', true))).toBe(false);
  });

  it('forgets a minute after the answer', () => {
    const register = new DeliveryRegister();
    answer(register, delivery('a', false));
    expect(isCopy(register, delivery('a', true), NOW + 59_999)).toBe(true);
    expect(isCopy(register, delivery('a', true), NOW + 60_001)).toBe(false);
  });

  it('stays bounded, and forgets the oldest first', () => {
    const register = new DeliveryRegister();
    for (let n = 0; n < 20_050; n++) answer(register, delivery(String(n), false));
    expect(isCopy(register, delivery('0', true))).toBe(false);
    expect(isCopy(register, delivery('20049', true))).toBe(true);
  });
});
