import { Injectable } from '@nestjs/common';
import { CommandRunner, Help } from 'nest-commander';
import { nearestFlag } from '../../platform/config/flags';
import { UsageError } from './exit-code';

/** A word that only leads to its subcommands. */
@Injectable()
export abstract class GroupCommand extends CommandRunner {
  protected abstract readonly examples: readonly string[];

  run([given]: string[]): Promise<void> {
    if (given === undefined) return Promise.resolve(this.command.help({ error: true }));
    const names = this.command.commands.map((command) => command.name());
    const nearest = nearestFlag(given, names);
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    throw new UsageError([`${this.command.name()} has no such command.${hint} It has: ${names.join(', ')}.`]);
  }

  @Help('after')
  exampleText(): string {
    return ['', 'Examples:', ...this.examples.map((example) => `  $ registrar-control ${example}`)].join('\n');
  }
}
