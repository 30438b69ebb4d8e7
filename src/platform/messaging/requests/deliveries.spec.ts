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

describe('the register of deliveries', () => {
  it('knows the copy of what it has taken', () => {
    const register = new DeliveryRegister();
    expect(register.isCopy(delivery('a', false), NOW)).toBe(false);
    expect(register.isCopy(delivery('a', true), NOW + 1_000)).toBe(true);
  });

  it('takes a first delivery for new, however alike it is', () => {
    const register = new DeliveryRegister();
    expect(register.isCopy(delivery('a', false), NOW)).toBe(false);
    expect(register.isCopy(delivery('a', false), NOW)).toBe(false);
    expect(register.isCopy(delivery('a', true), NOW)).toBe(true);
    expect(register.isCopy(delivery('a', true), NOW)).toBe(true);
  });

  it.each([
    ['another body', delivery('b', true)],
    ['another caller', delivery('a', true, 'amq.gen-2')],
    ['another call', delivery('a', true, 'amq.gen-1', 'c')],
  ])('lets a redelivery of %s run', (_, other) => {
    const register = new DeliveryRegister();
    register.isCopy(delivery('a', false), NOW);
    expect(register.isCopy(other, NOW)).toBe(false);
  });

  it('lets a redelivery run that another process began', () => {
    expect(new DeliveryRegister().isCopy(delivery('a', true), NOW)).toBe(false);
  });

  it('forgets after a minute', () => {
    const register = new DeliveryRegister();
    register.isCopy(delivery('a', false), NOW);
    expect(register.isCopy(delivery('a', true), NOW + 59_999)).toBe(true);
    const later = new DeliveryRegister();
    later.isCopy(delivery('a', false), NOW);
    expect(later.isCopy(delivery('a', true), NOW + 60_001)).toBe(false);
  });

  it('stays bounded, and forgets the oldest first', () => {
    const register = new DeliveryRegister();
    for (let n = 0; n < 5_050; n++) register.isCopy(delivery(String(n), false), NOW);
    expect(register.isCopy(delivery('0', true), NOW)).toBe(false);
    expect(register.isCopy(delivery('5049', true), NOW)).toBe(true);
  });
});
