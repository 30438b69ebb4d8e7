import { sqlText } from '../platform/database/sql-text';
import { repair, sqlOf, subjectOf } from './advice';
import { type AsteriskEvidence, type Evidence, isUnread } from './evidence';
import { certain, type Finding, found, likely } from './finding';
import { LOGIN_TABLES } from '../asterisk/asterisk.service';
import { toWireTime } from '../platform/wire/wire-time';

/** What a deleted extension may have left behind. Rows that a living record has now are not its own. */
export function checkDeleted(evidence: Evidence): Finding[] {
  const { record, sharing, asterisk, accounts } = evidence;
  const [owner] = sharing.login;
  const successor = owner ?? sharing.names.find(({ extension }) => extension === record.extension);
  const advice =
    successor === undefined
      ? `registrar-control extension create ${subjectOf(record)} --generate-password`
      : `registrar-control extension diagnose --id ${successor.id} (the living extension of this number)`;
  const text = `The extension was deleted at ${toWireTime(record.tmDelete) ?? 'an unknown time'}.`;
  const own = accounts.find(({ id }) => id === record.id);
  return [
    found(certain('deleted', text), 'record', advice),
    ...(owner === undefined && !isUnread(asterisk) ? leftLogin(evidence, asterisk) : []),
    ...(own === undefined
      ? []
      : [
          found(
            certain('account_left', 'Kamailio still has its row: it may still call.'),
            'kamailio',
            repair(evidence),
          ),
        ]),
  ];
}

function leftLogin(evidence: Evidence, { login, contacts }: AsteriskEvidence): Finding[] {
  const { record, domain } = evidence;
  const there = (['endpoint', 'auth', 'aor'] as const).filter((part) => login[part].length > 0);
  const ids = { endpoint: record.endpointId, auth: record.authId, aor: record.aorId };
  // Below an earlier base domain reconcile removes no row without a record.
  const removal = sqlOf(
    there.map((part) => `DELETE FROM ${LOGIN_TABLES[part]} WHERE id = ${sqlText(ids[part])}`).join('; '),
  );
  const rows = there.map((part) => LOGIN_TABLES[part]).join(', ');
  return [
    ...(there.length === 0
      ? []
      : [
          found(
            certain('login_left', `Its rows in ${rows} are still there: a phone may still register.`),
            there.includes('endpoint') ? 'ps_endpoints' : there.includes('auth') ? 'ps_auths' : 'ps_aors',
            domain.isBase ? 'registrar-control reconcile' : removal,
          ),
        ]),
    ...(contacts.length === 0 || there.includes('endpoint')
      ? []
      : [
          found(
            likely('contacts_left', `${contacts.length} of its registrations are still in ps_contacts.`),
            'contacts',
            domain.isBase
              ? 'registrar-control reconcile'
              : sqlOf(`DELETE FROM ps_contacts WHERE endpoint = ${sqlText(record.endpointId)}`),
          ),
        ]),
  ];
}
