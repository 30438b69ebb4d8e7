import { Injectable } from '@nestjs/common';
import { AsteriskService, type LoginRows } from '../asterisk/asterisk.service';
import type { ExtensionRow } from '../extension/extension.entity';
import { contactsKey } from '../extension/extension.cache';
import { ExtensionProvisioning } from '../extension/extension.provisioning';
import { loginOf, sipAccountOf } from '../extension/extension.record';
import { Cache } from '../platform/cache/cache';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService, sipAuthOf, type StoredSipAuth } from '../sip-auth/sip-auth.service';
import { inChunks } from './chunks';
import { compareLogin, compareOpenness, compareSipAuth } from './comparison';
import { isRepairable, type Finding } from './drift';
import { foldId, indexById } from './identifier';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';

const UNUSUAL_IDS_MAX = 100_000;

/** Every living extension has its login and its credentials, and they are what the record says. */
@Injectable()
export class ExtensionPass {
  constructor(
    private readonly extensions: ExtensionProvisioning,
    private readonly asterisk: AsteriskService,
    private readonly sipAuth: SipAuthService,
    private readonly transactions: Transactions,
    private readonly domains: OwnDomains,
    private readonly cache: Cache,
  ) {}

  async walk(run: ReconcileRun): Promise<void> {
    const chunks = inChunks(
      (after, limit) => this.extensions.listAlive(after, limit),
      ({ id }) => id,
    );
    for await (const records of chunks) {
      run.checkpoint();
      const own = records.filter((record) => this.isOwn(run, record));
      for (const record of await this.suspectsAmong(own)) {
        await run.settle('extension', record.id, () => this.settle(run, record.id));
        if (!run.dryRun) await this.cache.forget([contactsKey(record.endpointId)]);
      }
    }
  }

  private isOwn(run: ReconcileRun, record: ExtensionRow): boolean {
    const { endpointId, authId, aorId } = record;
    for (const id of [authId, aorId]) {
      if (foldId(id) !== foldId(endpointId) && run.unusualIds.size < UNUSUAL_IDS_MAX) run.unusualIds.add(foldId(id));
    }
    const isOwn = this.domains.ownsExtension(record);
    run.saw(isOwn ? 'extensions' : 'foreign');
    return isOwn;
  }

  private async suspectsAmong(records: readonly ExtensionRow[]): Promise<ExtensionRow[]> {
    if (records.length === 0) return [];
    const [rows, stored] = await Promise.all([
      this.asterisk.findLogins(records),
      this.sipAuth.findStored(records.map(({ id }) => id)),
    ]);
    const [aors, auths, endpoints] = [indexById(rows.aors), indexById(rows.auths), indexById(rows.endpoints)];
    const sipAuths = new Map(stored.map((row) => [row.id, row]));
    const withFurtherSecrets = new Set(rows.withFurtherSecrets.map(foldId));
    return records.filter((record) => {
      const aor = aors.get(foldId(record.aorId));
      const auth = auths.get(foldId(record.authId));
      const endpoint = endpoints.get(foldId(record.endpointId));
      const hasFurtherSecret = withFurtherSecrets.has(foldId(record.authId));
      const found = { ...(aor && { aor }), ...(auth && { auth }), ...(endpoint && { endpoint }), hasFurtherSecret };
      const findings = [...this.compareLogin(record, found), ...compareRest(record, sipAuths.get(record.id))];
      return findings.length > 0;
    });
  }

  /** Under the record's lock, and waiting for what is being written, a difference is one. */
  private settle(run: ReconcileRun, id: string): Promise<Finding[]> {
    return this.transactions.recordCommitsFirst('reconcile.extension', async ({ bin, asterisk }) => {
      const record = await this.extensions.lockIfAlive(bin, id);
      if (record === undefined) return [];
      const login = loginOf(record);
      const rows = await this.asterisk.lockLogin(asterisk, login);
      const [stored] = await this.sipAuth.findStored([id], bin);
      const ownsLogin = await this.extensions.ownsLogin(bin, record);
      const findings = [...(ownsLogin ? this.compareLogin(record, rows) : []), ...compareRest(record, stored)];
      if (!run.dryRun && findings.some(isRepairable)) {
        await this.extensions.project(bin, record);
        if (ownsLogin) await this.asterisk.complete(asterisk, login);
      }
      return findings;
    });
  }

  private compareLogin(record: ExtensionRow, rows: LoginRows): Finding[] {
    const login = loginOf(record);
    return compareLogin(login, this.asterisk.authOf(login), rows);
  }
}

function compareRest(record: ExtensionRow, stored: StoredSipAuth | undefined): Finding[] {
  return [...compareSipAuth(sipAuthOf(sipAccountOf(record)), stored), ...compareOpenness(record)];
}
