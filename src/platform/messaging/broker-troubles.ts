import type { AmqpConnection } from '@golevelup/nestjs-rabbitmq';
import type { ChannelModel } from 'amqplib';
import type { Log } from '../observability/log/logger';
import { withTimeout } from '../observability/timeout';
import { brokerReason, declarationReason, lossReason, type BrokerReason } from './broker-reason';

const IN_ALARM: BrokerReason = {
  code: 'BLOCKED',
  text: 'it takes no messages: its memory or its disk is short',
  isRefusal: false,
};

const PROBE_TIMEOUT_MS = 2_000;
/** No queue has this name. */
const NOWHERE = 'bin-manager.registrar-manager.probe';
const NO_CONFIRM: BrokerReason = { code: 'TIMEOUT', text: 'it takes no message in time', isRefusal: false };

/** Destroys a connection that cannot be closed in order. */
export const LEFT = new Error('the connection was left');

/** Why the broker cannot be used, if known. Each reason is logged once until everything is declared again. */
export class BrokerTroubles {
  private connection: BrokerReason | undefined;
  private declaration: BrokerReason | undefined;
  private alarm: BrokerReason | undefined;
  /** The texts logged so far: several channels may be refused different things at the same time. */
  private readonly told = new Set<string>();

  constructor(
    private readonly amqp: AmqpConnection,
    private readonly log: Log,
    private readonly virtualHost: string,
  ) {
    const { managedConnection } = amqp;
    managedConnection.on('connectFailed', ({ err }) => this.noteConnection(err, brokerReason));
    managedConnection.on('disconnect', ({ err }) => {
      this.alarm = undefined;
      this.noteConnection(err, lossReason);
    });
    managedConnection.on('connect', () => this.noteConnected());
    managedConnection.on('blocked', ({ reason }) => this.noteAlarm(reason));
    managedConnection.on('unblocked', () => this.noteAlarmOver());
    for (const channel of Object.values(amqp.managedChannels)) this.watchDeclarations(channel);
  }

  get current(): BrokerReason | undefined {
    return this.amqp.managedConnection.isConnected()
      ? (this.alarm ?? this.declaration)
      : (this.connection ?? this.declaration);
  }

  get isBlocked(): boolean {
    return this.alarm !== undefined;
  }

  /** True after a refused declaration, which is logged already: the channels and consumers that it costs are not. */
  get isRefused(): boolean {
    return this.declaration !== undefined;
  }

  /** For use when everything is declared and consumed. */
  declared(): void {
    this.declaration = undefined;
    this.told.clear();
  }

  private noteConnection(error: unknown, reasonOf: typeof brokerReason): void {
    // The service closed the connection itself.
    if (!error || error === LEFT) return;
    this.connection = this.tell(reasonOf(error, this.virtualHost), 'No connection to the broker');
  }

  private noteConnected(): void {
    if (this.connection !== undefined) this.log.info('Connected to the broker');
    this.connection = undefined;
  }

  private noteAlarm(reason: string): void {
    if (!this.alarm) this.log.warning(`The broker cannot be used: ${IN_ALARM.text}`, { code: IN_ALARM.code, reason });
    this.alarm = IN_ALARM;
  }

  private noteAlarmOver(): void {
    this.alarm = undefined;
    this.log.info('The broker takes messages again');
  }

  /** Handles a refused declaration, which the library would let end the process. The next connection declares again. */
  private watchDeclarations(channel: AmqpConnection['managedChannels'][string]): void {
    const note = (error: unknown): void => {
      const reason = declarationReason(error);
      if (reason) this.declaration = this.tell(reason, 'The broker cannot be used');
    };
    const addSetup = channel.addSetup.bind(channel);
    channel.addSetup = (setup, done) => {
      const adding = addSetup(setup, done);
      adding.catch(note);
      return adding;
    };
    channel.on('error', note);
  }

  private tell(reason: BrokerReason, what: string): BrokerReason {
    const { code, text } = reason;
    if (!this.told.has(text)) this.log.warning(`${what}: ${text}`, { code });
    this.told.add(text);
    return reason;
  }
}

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
  return withTimeout(publish, PROBE_TIMEOUT_MS).catch(() => declarationReason(refusal) ?? NO_CONFIRM);
}
