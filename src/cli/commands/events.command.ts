import { Command, Option, SubCommand } from 'nest-commander';
import { GroupCommand } from '../terminal/group.command';
import { readInteger, readUuid } from '../terminal/option-values';
import type { OutputOptions } from '../terminal/output';
import { printable } from '../terminal/table';
import { TerminalCommand } from '../terminal/terminal.command';
import type { PublishedEvent } from './event-tail';

interface TailOptions extends OutputOptions {
  readonly type?: string;
  readonly customerId?: string;
  readonly id?: string;
  readonly count?: number;
}

@SubCommand({ name: 'tail', description: 'show events as they are published, until Ctrl-C' })
export class EventsTailCommand extends TerminalCommand<TailOptions> {
  protected readonly examples = [
    'events tail',
    'events tail --type extension_created --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11',
  ];

  protected async execute(options: TailOptions): Promise<void> {
    const session = await this.session.open({ databases: [], broker: true });
    const { EventTail } = await import('./event-tail.js');
    const { untilInterrupted } = await import('../terminal/interruption.js');
    const enough = new AbortController();
    let seen = 0;
    const show = (event: PublishedEvent): void => {
      if (enough.signal.aborted || !matches(event, options)) return;
      this.terminal.print(this.lineOf(event, options));
      if (++seen === options.count) enough.abort();
    };
    await untilInterrupted((signal) =>
      session.get(EventTail).follow(
        AbortSignal.any([signal, enough.signal]),
        () => {
          this.terminal.say('Listening; Ctrl-C ends it.');
        },
        show,
      ),
    );
  }

  /** A line an event, in JSON too: it is read while it grows. */
  private lineOf(event: PublishedEvent, options: TailOptions): string {
    const data =
      options.showPassword === true || !('password' in event.data)
        ? event.data
        : { ...event.data, password: '********' };
    if (this.output.formatOf(options) === 'json') return JSON.stringify({ ...event, data });
    const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
    const what = text('extension') || text('domain_name');
    return printable([new Date().toISOString(), event.type, what, text('id'), event.publisher].join('  '));
  }

  @Option({ flags: '--type <type>', description: 'only events of this type' })
  readType(text: string): string {
    return text;
  }

  @Option({ flags: '--customer-id <uuid>', description: "only events of this customer's resources" })
  readCustomerId(text: string): string {
    return readUuid('customer-id', text);
  }

  @Option({ flags: '--id <uuid>', description: 'only events of this resource' })
  readId(text: string): string {
    return readUuid('id', text);
  }

  @Option({ flags: '--count <count>', description: 'end after so many' })
  readCount(text: string): number {
    return readInteger('count', text, 1, 999_999_999);
  }
}

function matches({ type, data }: PublishedEvent, options: TailOptions): boolean {
  return (
    (options.type === undefined || options.type === type) &&
    (options.customerId === undefined || options.customerId === data['customer_id']) &&
    (options.id === undefined || options.id === data['id'])
  );
}

@Command({ name: 'events', description: 'what the service tells others', subCommands: [EventsTailCommand] })
export class EventsCommand extends GroupCommand {
  protected readonly examples = ['events tail'];
}

export const EVENTS_COMMANDS = [EventsCommand, EventsTailCommand];
