import { isAlive } from '../platform/database/alive';
import { checkContacts } from './contact.checks';
import { checkDeleted } from './deleted.checks';
import { type AsteriskEvidence, type Evidence, isUnread, type Unread } from './evidence';
import { byCertainty, certain, type Finding, found } from './finding';
import { checkKamailio } from './kamailio.checks';
import { checkLogin } from './login.checks';
import { checkNodes } from './node.checks';
import { checkDomain, checkRecord, checkSharing } from './record.checks';

type Check = (evidence: Evidence) => readonly Finding[];

const whereRead =
  (check: (evidence: Evidence, asterisk: AsteriskEvidence) => readonly Finding[]): Check =>
  (evidence) =>
    isUnread(evidence.asterisk) ? [] : check(evidence, evidence.asterisk);

const CHECKS: readonly Check[] = [
  checkRecord,
  checkDomain,
  checkSharing,
  whereRead(checkLogin),
  checkKamailio,
  whereRead(checkContacts),
  checkNodes,
];

/** Why a phone of this extension cannot register or be called, the surest reason first. */
export function diagnose(evidence: Evidence): Finding[] {
  const checks = isAlive(evidence.record) ? CHECKS : [checkDeleted, checkNodes];
  const unread = isUnread(evidence.asterisk) ? [unreadFinding(evidence.asterisk)] : [];
  return byCertainty([...unread, ...checks.flatMap((check) => check(evidence))]);
}

function unreadFinding({ reason, isSchema }: Unread): Finding {
  const advice = isSchema ? 'registrar-control schema verify' : 'registrar-control doctor';
  return found(certain('asterisk_unread', reason), 'ps_endpoints', advice);
}
