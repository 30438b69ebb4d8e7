/** Names on the broker, as the platform's services know them (contract §1.1). */
export const REQUEST_QUEUE = 'bin-manager.registrar-manager.request';
export const SUBSCRIBE_QUEUE = 'bin-manager.registrar-manager.subscribe';
export const PARKED_QUEUE = 'bin-manager.registrar-manager.subscribe.parked';
export const EVENT_EXCHANGE = 'bin-manager.registrar-manager.event';
export const CUSTOMER_EXCHANGE = 'bin-manager.customer-manager.event';
export const DELAY_EXCHANGE = 'bin-manager.delay';
export const BILLING_QUEUE = 'bin-manager.billing-manager.request';
export const DIRECT_QUEUE = 'bin-manager.direct-manager.request';

/** Both consumers carry this tag, each on its own channel, as the original's do. */
export const CONSUMER_TAG = 'registrar-manager';

/** Channels by purpose: a burst on one does not delay another, and each consumer has its own prefetch. */
export const CHANNELS = { publish: 'publish', requests: 'requests', events: 'events' } as const;

export const CONTENT_TYPE = 'text/plain';

/**
 * How long a failed event waits before each retry; one queue per delay, since a TTL acts only at the head of a queue.
 */
export const RETRY_DELAYS_MS = [5_000, 30_000, 120_000] as const;

export function waitQueue(delayMs: number): string {
  return `${SUBSCRIBE_QUEUE}.wait.${delayMs / 1000}s`;
}

/** The queues of waiting and of parked events: durable, and used by this service alone. */
export const ASIDE_QUEUES = [
  ...RETRY_DELAYS_MS.map((delayMs) => ({
    name: waitQueue(delayMs),
    options: {
      durable: true,
      arguments: {
        'x-message-ttl': delayMs,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': SUBSCRIBE_QUEUE,
      },
    },
  })),
  { name: PARKED_QUEUE, options: { durable: true } },
];
