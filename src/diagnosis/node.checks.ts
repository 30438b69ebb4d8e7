import type { EndpointView, NodeView } from '../asterisk/ami/node-view';
import { passwordAsRead } from '../asterisk/asterisk-password';
import type { LoginPart } from '../asterisk/asterisk.service';
import type { WholeLogin } from '../asterisk/asterisk.whole-rows';
import { isAlive } from '../platform/database/alive';
import { quoted } from './advice';
import { type Evidence, isUnread } from './evidence';
import { certain, type Finding, found, hint, type Judgement, likely } from './finding';

const UNREACHED = /^(?:unreachable|unavailable)$/i;

/** What the nodes of Asterisk hold, compared with the rows: a cached copy may be older, and a row may be refused. */
export function checkNodes(evidence: Evidence): Finding[] {
  return (evidence.nodes ?? []).flatMap((view) => {
    if (view.failure !== undefined) {
      const text = `Asterisk ${view.node} was not asked: ${view.failure.message}.`;
      return [found(likely('node_failure', text), 'asterisk', view.failure.advice)];
    }
    return isAlive(evidence.record) ? checkNode(evidence, view) : checkForgotten(evidence, view);
  });
}

function checkForgotten(evidence: Evidence, view: NodeView): Finding[] {
  const isNobodys = evidence.sharing.login.length === 0;
  if (view.endpoint === undefined || !isNobodys || hasRow(evidence, 'endpoint') !== false) return [];
  const text = `Asterisk ${view.node} holds a copy of the deleted endpoint: a phone may still register.`;
  return [found(certain('node_copy', text), 'asterisk', forget(evidence, 'endpoint'))];
}

function checkNode(evidence: Evidence, view: NodeView): Finding[] {
  const name = `Asterisk ${view.node}`;
  const said = (part: LoginPart, judgement: Judgement): Finding => found(judgement, 'asterisk', forget(evidence, part));
  if (view.endpoint === undefined) {
    if (hasRow(evidence, 'endpoint') === false) return [];
    const text = `${name} does not know the endpoint: it refuses a column of the row, or reads another database.`;
    return [
      found(certain('node_endpoint', text), 'asterisk', 'look for "Error parsing" and the id in the log of Asterisk'),
    ];
  }
  return [
    ...(hasRow(evidence, 'endpoint') === false
      ? [said('endpoint', certain('node_copy', `${name} holds a copy of an endpoint that has no row any more.`))]
      : []),
    ...checkEndpoint(evidence, view.endpoint, name, said),
    ...(isOwn(view.endpoint.auth, evidence.record.authId) ? checkAuth(evidence, view, name, said) : []),
    ...(isOwn(view.endpoint.aors, evidence.record.aorId) ? checkAor(evidence, view, name, said) : []),
  ];
}

/** Of an endpoint that names other rows the node holds none of the login. */
function isOwn(names: string, id: string): boolean {
  return names.split(',').some((name) => name.trim() === id);
}

function checkEndpoint(evidence: Evidence, view: EndpointView, name: string, said: Say): Finding[] {
  const { record } = evidence;
  const row = rowsOf(evidence)?.endpoint[0];
  const copied = [
    { column: 'auth', held: view.auth, stored: row?.['auth'], own: record.authId },
    { column: 'aors', held: view.aors, stored: row?.['aors'], own: record.aorId },
  ];
  // A row that differs from the record is told already.
  return copied
    .filter(({ held, stored, own }) => stored === own && held !== own)
    .map(({ column, held }) => {
      const text = `${name} holds an older copy of the endpoint, whose ${column} is ${quoted(held)}`;
      const effect =
        column === 'auth' && held === '' ? 'it lets everybody register without a password' : 'it refuses the phone';
      return said('endpoint', certain('node_copy', `${text}: ${effect}.`));
    });
}

type Say = (part: LoginPart, judgement: Judgement) => Finding;

function checkAuth(evidence: Evidence, { auth }: NodeView, name: string, said: Say): Finding[] {
  const row = rowsOf(evidence)?.auth[0];
  const hasPassword = row !== undefined && passwordAsRead(row['password'] ?? '') === evidence.record.password;
  if (auth === undefined) {
    return hasPassword
      ? [
          said(
            'auth',
            likely(
              'node_auth',
              `${name} does not know the auth: it refuses the row, or its endpoint names another one.`,
            ),
          ),
        ]
      : [];
  }
  // Asterisk prefers a digest to the password.
  if (auth.hasExpectedPassword && auth.hasExpectedUsername && !auth.hasDigest) return [];
  // A row that differs from the record is told already.
  const hasDigest = Boolean(row?.['md5_cred'] || row?.['password_digest']);
  const isRowRight = hasPassword && row['username'] === evidence.record.username && !hasDigest;
  if (!isRowRight && rowsOf(evidence) !== undefined) return [];
  if (rowsOf(evidence) === undefined && auth.hasExpectedPassword && auth.hasExpectedUsername) return [];
  const text = `${name} holds an older copy of the auth: it refuses the password and may take the former one.`;
  return [said('auth', certain('node_copy', text))];
}

function checkAor(evidence: Evidence, { aor }: NodeView, name: string, said: Say): Finding[] {
  const row = rowsOf(evidence)?.aor[0];
  if (aor === undefined) {
    return row === undefined
      ? []
      : [said('aor', likely('node_aor', `${name} does not know the AOR: REGISTER gets 404.`))];
  }
  const silent = aor.contacts.filter(({ status }) => UNREACHED.test(status));
  const max = Number(row?.['max_contacts'] ?? 0);
  return [
    ...(row !== undefined && aor.maxContacts !== undefined && aor.maxContacts !== max
      ? [
          said(
            'aor',
            likely('node_copy', `${name} holds an older copy of the AOR, with max_contacts ${aor.maxContacts}.`),
          ),
        ]
      : []),
    ...silent.map(({ uri }) => {
      const text = `${name} gets no answer from ${quoted(uri)}: calls do not reach it.`;
      return found(likely('contact_unreachable', text), 'asterisk', 'look at the phone, its network and NAT');
    }),
    ...(row === undefined && rowsOf(evidence) !== undefined
      ? [said('aor', hint('node_copy', `${name} holds a copy of an AOR that has no row any more.`))]
      : []),
  ];
}

function rowsOf({ asterisk }: Evidence): WholeLogin | undefined {
  return isUnread(asterisk) ? undefined : asterisk.login;
}

/** `undefined` when it could not be read. */
function hasRow(evidence: Evidence, part: LoginPart): boolean | undefined {
  const rows = rowsOf(evidence);
  return rows && rows[part].length > 0;
}

function forget({ record }: Evidence, part: LoginPart): string {
  const id = { endpoint: record.endpointId, auth: record.authId, aor: record.aorId }[part];
  const shown = /^[\w.@+*~!-]+$/.test(id) ? id : 'ID';
  return `on that machine: asterisk -rx 'sorcery memory cache expire res_pjsip/${part} ${shown}'`;
}
