import { command, CUSTOMER, EXTENSION } from '../../command';
import { READS } from '../../needs';
import { customerId, extensionNumber, id, type Values } from '../../options';
import type { Session } from '../../session';
import { CommandError, EXIT, UsageError } from '../../terminal/exit-code';
import { unknownNumber } from './unknown-number';

const SUBJECT = {
  id: { ...id, help: 'its id, or give the customer and the number' },
  customerId: { ...customerId, help: 'the customer' },
  extensionNumber: { ...extensionNumber, help: 'the number' },
};

export const diagnose = command({
  words: 'extension diagnose',
  description: 'say why a phone cannot register or be called, and what to do; changes nothing',
  options: SUBJECT,
  notes: `
Looks at the record, the rows that Asterisk and Kamailio read, and the registrations. FAIL is certain, warn is likely;
with either the exit code is 1. A note is only a hint. docs/operations.md says what the answers that a phone gets mean.
`,
  examples: [
    `extension diagnose --id ${EXTENSION}`,
    `extension diagnose --customer-id ${CUSTOMER} --extension-number 2001`,
  ],
  async run(session, options) {
    const subject = await subjectOf(session, options);
    const { terminal, output } = session;
    const { diagnosisJson, printDiagnosis } = await import('./extension-diagnosis.view.js');
    const services = await session.open({ ...READS, isTolerant: true });
    const [bin, asterisk] = (['bin', 'asterisk'] as const).map((name) =>
      services.unreachable.find(({ dependency }) => dependency === name),
    );
    if (bin !== undefined) throw bin;
    const diagnosis = await services.diagnosis.diagnose(subject, asterisk?.message);
    if (diagnosis === undefined) throw unknownNumber();
    if (output.format === 'json') output.json(diagnosisJson(diagnosis, output));
    else printDiagnosis(diagnosis, terminal, output);
    const faults = diagnosis.findings.filter(({ certainty }) => certainty !== 'hint').length;
    if (faults === 0) return;
    const message = `${faults} ${faults === 1 ? 'thing keeps' : 'things keep'} phones out or calls away`;
    throw new CommandError(message, asterisk === undefined ? EXIT.failed : EXIT.unreachable);
  },
});

async function subjectOf({ prompt }: Session, options: Values<typeof SUBJECT>) {
  const { id: extensionId, customerId: customer, extensionNumber: number } = options;
  if (extensionId !== undefined) {
    if (customer === undefined && number === undefined) return { id: extensionId };
    throw new UsageError(['--id says which extension: leave out --customer-id and --extension-number']);
  }
  if (customer === undefined && number === undefined) return { id: await prompt.require(id, undefined) };
  return {
    customerId: await prompt.require(customerId, customer),
    extension: await prompt.require(extensionNumber, number),
  };
}
