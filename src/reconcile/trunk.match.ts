import { Injectable } from '@nestjs/common';
import { AdmissionReader, type Admission } from '../sip-auth/admission';
import { sipAuthOf, SipAuthService, type StoredSipAuth } from '../sip-auth/sip-auth.service';
import { TrunkLogin, type LivingTrunk } from '../trunk/trunk.login';
import { compareOpenness, compareSipAuth } from './comparison';
import { OwnDomains } from './own-domains';
import { refusalOf, type Refusal } from './trunk.refusal';

export interface MatchRequest {
  readonly source: string;
  /** A trunk's domain name, or the domain of From; without it every realm is looked at. */
  readonly domain?: string | undefined;
  readonly username?: string | undefined;
}

/** A row that admits the call, with its record. */
export interface Match extends Admission {
  readonly record: LivingTrunk | undefined;
  /** The id of the row that takes the call before this one. */
  readonly shadowedBy: string | null;
  /** The columns in which the row is not as its record requires; `undefined` for an extension. */
  readonly differing: readonly string[] | undefined;
  /** Reconcile may repair the row, or remove it where it has no record. */
  readonly isRepairable: boolean;
}

export interface MatchReport {
  readonly realm: string | null;
  readonly matches: readonly Match[];
  /** False when more rows match than are named. */
  readonly isWhole: boolean;
  /** Set when no trunk takes the call. */
  readonly refusal: Refusal | undefined;
}

const MATCHES_MAX = 1_000;
const NAMED_MAX = 20;

/** Which trunk would take a call. Kamailio's rows decide; the records tell whose they are, and whether they are right. */
@Injectable()
export class TrunkMatch {
  constructor(
    private readonly admissions: AdmissionReader,
    private readonly sipAuth: SipAuthService,
    private readonly trunks: TrunkLogin,
    private readonly domains: OwnDomains,
  ) {}

  async find(request: MatchRequest): Promise<MatchReport> {
    const { source, domain, username } = request;
    const realm = domain === undefined ? null : await this.realmOf(domain);
    const found = await (realm === null
      ? this.findInAnyRealm(source)
      : this.admissions.find({ source, realm, username }));
    const matches = await this.withRecords(found.slice(0, MATCHES_MAX), realm);
    const isTaken = matches.some(
      ({ referenceType, shadowedBy }) => shadowedBy === null && referenceType !== 'extension',
    );
    const refusal = isTaken ? undefined : await this.refusal(request, realm, matches[0]);
    return { realm, matches, isWhole: found.length <= MATCHES_MAX, refusal };
  }

  /** The record's realm may lie below an earlier base domain. */
  private async realmOf(domain: string): Promise<string> {
    const record = await this.trunks.findByDomain(domain);
    if (record !== undefined && record.account.realm !== '') return record.account.realm;
    return (await this.admissions.listIds(domain, 1)).length > 0 ? domain : this.domains.trunkRealm(domain);
  }

  private async findInAnyRealm(source: string): Promise<Admission[]> {
    const found: Admission[] = [];
    for await (const admission of this.admissions.findInAnyRealm(source)) {
      if (found.push(admission) > MATCHES_MAX) break;
    }
    return found;
  }

  private async withRecords(admissions: readonly Admission[], asked: string | null): Promise<Match[]> {
    const { records, rows } = await this.read(admissions.map(({ id }) => id));
    const first = new Map<string, string>();
    return admissions.map((admission) => {
      const { id, referenceType } = admission;
      const realm = asked ?? admission.realm.toLowerCase();
      const taker = first.get(realm);
      if (taker === undefined) first.set(realm, id);
      const record = records.get(id);
      const isExtension = referenceType === 'extension' && record === undefined;
      return {
        ...admission,
        record,
        shadowedBy: taker ?? null,
        differing: isExtension ? undefined : differingOf(record, rows.get(id)),
        isRepairable: this.mayRepair(admission.realm, record),
      };
    });
  }

  private async refusal(
    { source, domain, username }: MatchRequest,
    realm: string | null,
    taker: Match | undefined,
  ): Promise<Refusal> {
    if (domain === undefined || realm === null) return refusalOf({ source, username, accounts: [] });
    const ids = await this.admissions.listIds(realm, NAMED_MAX);
    const owner = await this.ownerOf(domain, realm);
    const { records, rows } = await this.read(owner === undefined ? ids : [...new Set([owner.id, ...ids])]);
    const accounts = [...new Set([...records.keys(), ...rows.keys()])].map((id) => {
      const [record, row] = [records.get(id), rows.get(id)];
      const differing = row?.referenceType === 'extension' && record === undefined ? [] : differingOf(record, row);
      const lacksPassword = record !== undefined && compareOpenness(record.account).length > 0;
      const isRepairable = this.mayRepair(row?.realm ?? realm, record);
      return { id, record, row, differing, lacksPassword, isRepairable };
    });
    const domainName = this.domains.trunkName(realm);
    return refusalOf({ source, domainName, realm, username, accounts, takenByExtension: taker?.id });
  }

  /** The living trunk of the domain or of the realm, whose row may be lost. */
  private async ownerOf(domain: string, realm: string): Promise<LivingTrunk | undefined> {
    const record = await this.trunks.findByDomain(domain);
    const name = this.domains.trunkName(realm);
    if (record !== undefined || name === undefined) return record;
    const owner = await this.trunks.findByDomain(name);
    return owner?.account.realm.toLowerCase() === realm.toLowerCase() ? owner : undefined;
  }

  private async read(ids: readonly string[]): Promise<{
    records: ReadonlyMap<string, LivingTrunk>;
    rows: ReadonlyMap<string, StoredSipAuth>;
  }> {
    const [records, rows] = await Promise.all([this.trunks.findAlive(ids), this.sipAuth.findStored(ids)]);
    return {
      records: new Map(records.map((record) => [record.id, record])),
      rows: new Map(rows.map((row) => [row.id, row])),
    };
  }

  private mayRepair(realm: string, record: LivingTrunk | undefined): boolean {
    if (record === undefined) return this.domains.hasRealm(realm);
    return this.domains.ownsTrunk({ domainName: record.domainName, realm: record.account.realm });
  }
}

function differingOf(record: LivingTrunk | undefined, row: StoredSipAuth | undefined): string[] {
  if (record === undefined) return ['record'];
  return compareSipAuth(sipAuthOf(record.account), row).flatMap(({ what }) => what);
}
