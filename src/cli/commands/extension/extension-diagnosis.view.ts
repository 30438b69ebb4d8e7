import { livingContacts } from '../../../diagnosis/contact.checks';
import type { Diagnosis } from '../../../diagnosis/diagnosis.service';
import { isUnread } from '../../../diagnosis/evidence';
import type { Certainty, Finding } from '../../../diagnosis/finding';
import { operatorColumns, type OperatorColumn } from '../../../diagnosis/operator-columns';
import type { ContactReply } from '../../../contact/contact.dto';
import { isAlive } from '../../../platform/database/alive';
import { secondsLeft, viewOfContact } from '../contact/contact.view';
import type { Output } from '../../terminal/output';
import { type Entry, printable, renderDetail } from '../../terminal/table';
import type { Terminal } from '../../terminal/terminal';

const MARKS = { certain: ['red', 'FAIL'], likely: ['yellow', 'warn'], hint: ['dim', 'note'] } as const satisfies Record<
  Certainty,
  unknown
>;

/** What is so, beside the findings. */
interface Facts {
  readonly isAlive: boolean;
  readonly maxContacts: string | null;
  readonly contacts: readonly ContactReply[];
  readonly columns: readonly OperatorColumn[];
}

/** What each node of Asterisk says; null when it was not asked. */
function nodesOf({ evidence: { nodes } }: Diagnosis) {
  return (
    nodes?.map(({ node, failure, endpoint }) => ({
      node,
      failure: failure?.message ?? null,
      knows_endpoint: failure === undefined ? endpoint !== undefined : null,
      device_state: endpoint?.deviceState ?? null,
    })) ?? null
  );
}

function factsOf({ evidence }: Diagnosis): Facts {
  const { asterisk, record } = evidence;
  const isLiving = isAlive(record);
  if (isUnread(asterisk)) return { isAlive: isLiving, maxContacts: null, contacts: [], columns: [] };
  return {
    isAlive: isLiving,
    maxContacts: asterisk.login.aor[0]?.['max_contacts'] ?? null,
    contacts: livingContacts(evidence, asterisk),
    columns: operatorColumns(asterisk.login),
  };
}

/** How a phone of the extension must be set up. */
function phoneOf({ evidence: { record } }: Diagnosis, output: Pick<Output, 'password'>) {
  return {
    user_name: record.extension,
    domain: record.realm,
    authentication_user: record.username,
    password: output.password(record.password),
  };
}

export function diagnosisJson(diagnosis: Diagnosis, output: Pick<Output, 'password'>): object {
  const { record, nowMs } = diagnosis.evidence;
  const { maxContacts, contacts, columns, ...facts } = factsOf(diagnosis);
  return {
    id: record.id,
    customer_id: record.customerId,
    extension: record.extension,
    deleted: !facts.isAlive,
    phone: phoneOf(diagnosis, output),
    max_contacts: maxContacts === null ? null : Number(maxContacts),
    contacts: contacts.map((contact) => ({ ...contact, expires_in: secondsLeft(contact, nowMs) })),
    operator_columns: Object.fromEntries(columns.map(({ column, value }) => [column, value])),
    asterisk: nodesOf(diagnosis),
    findings: diagnosis.findings,
  };
}

export function printDiagnosis(diagnosis: Diagnosis, terminal: Terminal, output: Pick<Output, 'password'>): void {
  const entries = [...subjectEntries(diagnosis, output), ...contactEntries(diagnosis), ...nodeEntries(diagnosis)];
  terminal.print(renderDetail(entries.map(([name, text]) => [terminal.tone('bold', name), text])));
  for (const finding of diagnosis.findings) printFinding(finding, terminal);
  if (diagnosis.findings.every(({ certainty }) => certainty === 'hint')) {
    terminal.print(`${terminal.tone('green', 'ok  ')}  nothing that is stored keeps a phone out or calls away`);
  }
}

function subjectEntries(diagnosis: Diagnosis, output: Pick<Output, 'password'>): Entry[] {
  const { record } = diagnosis.evidence;
  const phone = phoneOf(diagnosis, output);
  return [
    ['extension', `${record.extension} of customer ${record.customerId}, id ${record.id}`],
    ...(factsOf(diagnosis).isAlive
      ? ([
          ['on the phone', 'capital and small letters count'],
          ['  user name', phone.user_name],
          ['  domain', phone.domain],
          ['  authentication user', phone.authentication_user],
          ['  password', phone.password],
        ] as const)
      : []),
  ];
}

function contactEntries(diagnosis: Diagnosis): Entry[] {
  const { maxContacts, contacts, columns } = factsOf(diagnosis);
  if (isUnread(diagnosis.evidence.asterisk)) return [];
  return [
    ['registered', `${contacts.length} of at most ${maxContacts ?? 0}`],
    ...contacts.map((contact, index): Entry => {
      const { address, userAgent, expiresIn, via } = viewOfContact(contact, diagnosis.evidence.nowMs);
      const server = contact.reg_server === '' ? '' : `, at ${contact.reg_server}`;
      return [`  contact ${index + 1}`, `${address}, ${userAgent}, via ${via || 'unknown'}, for ${expiresIn}${server}`];
    }),
    ...columns.map(({ column, value }): Entry => [`set by others`, `${column} = ${value}`]),
  ];
}

function nodeEntries(diagnosis: Diagnosis): Entry[] {
  const nodes = nodesOf(diagnosis);
  if (nodes === null) return [['Asterisk itself', 'not asked (ASTERISK_AMI_ADDRESSES is not set)']];
  return nodes.map(({ node, failure, knows_endpoint: isKnown, device_state: state }) => [
    `Asterisk ${node}`,
    failure ?? (isKnown === true ? `knows the endpoint: ${state ?? ''}` : 'does not know the endpoint'),
  ]);
}

function printFinding({ certainty, part, text, advice }: Finding, terminal: Terminal): void {
  const [tone, mark] = MARKS[certainty];
  terminal.print(`${terminal.tone(tone, mark)}  ${part.padEnd(12)}  ${line(text)}`);
  terminal.print(`      -> ${line(advice)}`);
}

/** A stored value in the text must not begin a line of its own. */
function line(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}
