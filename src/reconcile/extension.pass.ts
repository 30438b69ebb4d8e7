import { Injectable } from '@nestjs/common';
import { AsteriskService, type LoginRows } from '../asterisk/asterisk.service';
import { contactsKey } from '../contact/contact.cache';
import { ExtensionLogin, type LivingExtension } from '../extension/extension.login';
import { Cache } from '../platform/cache/cache';
import { Transactions } from '../platform/database/transactions';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { compareAccount, compareLogin } from './comparison';
import { isRepairable, type Finding } from './drift';
import { foldId, indexById } from './identifier';
import { distinct, OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';
import type { Pass } from './step';

/** Compares the login and the credentials of every living extension with its record, and repairs them. */
@Injectable()
export class ExtensionPass implements Pass<LivingExtension> {
  readonly subject = 'extension';
  readonly table = 'registrar_extensions';
  readonly keys = 'uuid';

  constructor(
    private readonly extensions: ExtensionLogin,
    private readonly asterisk: AsteriskService,
    private readonly sipAuth: SipAuthService,
    private readonly transactions: Transactions,
    private readonly domains: OwnDomains,
    private readonly cache: Cache,
  ) {}

  readChunk(after: string | undefined, limit: number): Promise<LivingExtension[]> {
    return this.extensions.listAlive(after, limit);
  }

  async suspectsAmong(extensions: readonly LivingExtension[], run: ReconcileRun): Promise<LivingExtension[]> {
    const own = extensions.filter((extension) => this.isConcerned(extension, run));
    if (own.length === 0) return [];
    const [rows, stored] = await Promise.all([
      this.asterisk.findLogins(own.map(({ login }) => login)),
      this.sipAuth.findStored(own.map(({ id }) => id)),
    ]);
    const [aors, auths, endpoints] = [indexById(rows.aors), indexById(rows.auths), indexById(rows.endpoints)];
    const sipAuths = new Map(stored.map((row) => [row.id, row]));
    const withFurtherSecrets = new Set(rows.withFurtherSecrets.map(foldId));
    return own.filter(({ id, login, account }) => {
      const aor = aors.get(foldId(login.aorId));
      const auth = auths.get(foldId(login.authId));
      const endpoint = endpoints.get(foldId(login.endpointId));
      const hasFurtherSecret = withFurtherSecrets.has(foldId(login.authId));
      const found = { ...(aor && { aor }), ...(auth && { auth }), ...(endpoint && { endpoint }), hasFurtherSecret };
      return [...this.compareLogin({ login }, found), ...compareAccount(account, sipAuths.get(id))].length > 0;
    });
  }

  /** Compares again with the record and the rows locked, so that a write in progress does not pass for a difference. */
  async repair(suspect: LivingExtension, run: ReconcileRun): Promise<Finding[]> {
    try {
      return await this.compareLocked(suspect.id, run);
    } finally {
      if (!run.dryRun) await this.cache.forget([contactsKey(suspect.login.endpointId)]);
    }
  }

  private compareLocked(id: string, { dryRun }: ReconcileRun): Promise<Finding[]> {
    return this.transactions.recordCommitsFirst('reconcile.extension', async ({ bin, asterisk }) => {
      const extension = await this.extensions.lockAlive(bin, id);
      if (extension === undefined) return [];
      const { login, account } = extension;
      const rows = await this.asterisk.lockLogin(asterisk, login);
      const [stored] = await this.sipAuth.findStored([id], bin);
      const ownsLogin = await this.extensions.ownsLogin(bin, extension);
      const findings = [...(ownsLogin ? this.compareLogin(extension, rows) : []), ...compareAccount(account, stored)];
      if (!dryRun && findings.some(isRepairable)) {
        await this.sipAuth.project(bin, account);
        if (ownsLogin) await this.asterisk.complete(asterisk, login);
      }
      return findings;
    });
  }

  private isConcerned({ id, customerId, login }: LivingExtension, { digest }: ReconcileRun): boolean {
    const differs = [id, ...distinct(login.endpointId, login.authId, login.aorId)].some((part) => digest.differs(part));
    return differs && this.domains.ownsExtension({ customerId, ...login });
  }

  private compareLogin({ login }: Pick<LivingExtension, 'login'>, rows: LoginRows): Finding[] {
    return compareLogin(login, this.asterisk.authOf(login), rows);
  }
}
