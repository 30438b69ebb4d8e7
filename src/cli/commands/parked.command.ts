import { Injectable } from '@nestjs/common';
import { Command, Option, SubCommand } from 'nest-commander';
import { CommandError } from '../terminal/exit-code';
import { GroupCommand } from '../terminal/group.command';
import { readInteger } from '../terminal/option-values';
import type { OutputOptions, View } from '../terminal/output';
import type { Needs } from '../terminal/session';
import { TerminalCommand } from '../terminal/terminal.command';
import type { ParkedEvent } from '../../platform/messaging/events/parked-events';

const NEEDS: Needs = { databases: [], broker: true };
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

interface ParkedOptions extends OutputOptions {
  readonly limit?: number;
  readonly force?: boolean;
}

const VIEW: View<ParkedEvent> = {
  columns: [
    { title: '#', text: ({ position }) => `${position}` },
    { title: 'TYPE', text: ({ type }) => type },
    { title: 'PUBLISHER', text: ({ publisher }) => publisher },
    { title: 'CUSTOMER', text: (event) => event.customer_id, isWhole: true },
    { title: 'RETRIES', text: ({ retries }) => `${retries}` },
    { title: 'BYTES', text: ({ bytes }) => `${bytes}` },
  ],
  csv: (event) => Object.fromEntries(Object.entries(event).map(([name, value]) => [name, String(value)])),
};

@Injectable()
abstract class ParkedOptionsCommand extends TerminalCommand<ParkedOptions> {
  @Option({ flags: '--limit <count>', description: `the oldest so many (${DEFAULT_LIMIT})` })
  readLimit(text: string): number {
    return readInteger('limit', text, 1, MAX_LIMIT);
  }
}

@SubCommand({ name: 'list', description: 'list events that failed four times or could not be read; they stay' })
export class ParkedListCommand extends ParkedOptionsCommand {
  protected override readonly makesList = true;
  protected readonly examples = ['parked list'];

  protected async execute(options: ParkedOptions): Promise<void> {
    const session = await this.session.open(NEEDS);
    const { ParkedEvents } = await import('../../platform/messaging/events/parked-events.js');
    await this.output.list(await session.get(ParkedEvents).list(options.limit ?? DEFAULT_LIMIT), VIEW, options);
  }
}

@SubCommand({ name: 'replay', description: 'put parked events back on their way, oldest first' })
export class ParkedReplayCommand extends ParkedOptionsCommand {
  protected readonly examples = ['parked replay', 'parked replay --limit 1 --force'];

  protected async execute(options: ParkedOptions): Promise<void> {
    const session = await this.session.open(NEEDS);
    const { ParkedEvents } = await import('../../platform/messaging/events/parked-events.js');
    const parked = session.get(ParkedEvents);
    const count = Math.min(await parked.count(), options.limit ?? DEFAULT_LIMIT);
    if (count > 0 && options.force !== true && this.terminal.isInteractive) {
      if (!(await this.prompt.confirm(`Replay ${count} events?`))) throw new CommandError('nothing was replayed');
    }
    const replayed = await parked.replay(count);
    if (this.output.formatOf(options) === 'json') this.output.json({ replayed });
    else this.terminal.say(`Replayed ${replayed}.`);
  }

  @Option({ flags: '--force', description: 'do not ask' })
  readForce(): boolean {
    return true;
  }
}

@Command({
  name: 'parked',
  description: 'events that nobody could process',
  subCommands: [ParkedListCommand, ParkedReplayCommand],
})
export class ParkedCommand extends GroupCommand {
  protected readonly examples = ['parked list'];
}

export const PARKED_COMMANDS = [ParkedCommand, ParkedListCommand, ParkedReplayCommand];
