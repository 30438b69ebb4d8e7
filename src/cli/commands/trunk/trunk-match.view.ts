import type { Match, MatchReport, MatchRequest } from '../../../reconcile/trunk.match';
import { PROGRAM } from '../../command';
import type { Entry } from '../../terminal/table';

/** The report as JSON. */
export function matchReply({ source, domain, username }: MatchRequest, report: MatchReport): object {
  return {
    source,
    domain: domain ?? null,
    realm: report.realm,
    username: username ?? null,
    matches: report.matches.map((match) => ({
      id: match.id,
      kind: match.record === undefined ? match.referenceType : 'trunk',
      customer_id: match.record?.customerId ?? null,
      domain_name: match.record?.domainName ?? null,
      name: match.record?.name ?? null,
      realm: match.realm,
      by: match.by,
      entry: match.entry,
      username: match.username,
      takes: match.shadowedBy === null,
      shadowed_by: match.shadowedBy,
      differing: match.differing ?? [],
      advice: adviceOf(match) ?? null,
    })),
    is_whole: report.isWhole,
    reason: report.refusal?.reason ?? null,
    advice: report.refusal?.advice ?? null,
  };
}

export function matchDetail({ source, domain, username }: MatchRequest, report: MatchReport): Entry[] {
  const takers = report.matches.filter(({ shadowedBy }) => shadowedBy === null);
  return [
    ['source', source],
    ['domain of From', report.realm ?? 'any'],
    ...(username === undefined ? [] : [['username', username] as const]),
    ...takers.flatMap((taker) => [
      ['taken by', `${nameOf(taker)}, ${ruleOf(taker)}`] as const,
      ...remarksOf(taker),
      ...report.matches.filter(({ shadowedBy }) => shadowedBy === taker.id).flatMap(shadowOf),
    ]),
    ...(takers.length === 0 ? [['taken by', 'no trunk'] as const] : []),
    ...(report.isWhole ? [] : [['note', 'more trunks match; give --domain'] as const]),
    ...(domain === undefined && takers.length > 1
      ? [['note', 'the domain of From decides between them'] as const]
      : []),
  ];
}

function shadowOf(match: Match): Entry[] {
  const note = 'Kamailio takes the first of one realm';
  return [['shadowed', `${nameOf(match)}, ${ruleOf(match)}; ${note}`], ...remarksOf(match)];
}

function nameOf({ id, referenceType, realm, record }: Match): string {
  if (record === undefined) return `${referenceType ?? 'account'} ${id} (${realm})`;
  const name = record.name === '' ? '' : ` "${record.name}"`;
  return `trunk ${id}${name} (${realm}) of customer ${record.customerId}`;
}

function ruleOf({ by, entry, username }: Match): string {
  return by === 'ip' ? `by ${entry} in its allowed_ips` : `by the password of ${username}`;
}

function remarksOf(match: Match): Entry[] {
  const { differing = [] } = match;
  if (differing.length === 0) return [];
  const what =
    match.record === undefined
      ? 'the row has no living record'
      : `the row is not as its record requires (${differing.join(', ')})`;
  return [['', `${what}: ${adviceOf(match) ?? ''}`]];
}

/** How to mend a row that is not as its record requires. */
function adviceOf({ id, record, differing = [], isRepairable }: Match): string | undefined {
  if (differing.length === 0) return undefined;
  if (isRepairable) return `${PROGRAM} reconcile`;
  return record === undefined
    ? `DELETE FROM registrar_sip_auths WHERE id = x'${id.replaceAll('-', '')}'`
    : `${PROGRAM} trunk update --id ${id} --detail TEXT`;
}
