import { Injectable } from '@nestjs/common';
import { AsteriskService, LOGIN_TABLES, type LoginPart, type LoginRows } from '../asterisk/asterisk.service';
import { contactsKey } from '../contact/contact.cache';
import { ExtensionLogin } from '../extension/extension.login';
import { Cache } from '../platform/cache/cache';
import { Transactions } from '../platform/database/transactions';
import type { Finding } from './drift';
import { foldId } from './identifier';
import { OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';
import type { Pass } from './step';

/** The endpoint first: it gives access. */
const PARTS: readonly LoginPart[] = ['endpoint', 'auth', 'aor'];

/** The original writes a login up to one outbound request (3 s) before its record, and may run beside this service. */
const RECORD_GRACE_MS = 4_000;

const REPORTED_MAX = 100_000;

/** Removes logins below the base domain that have no living record. */
@Injectable()
export class LoginPasses {
  /** One pass for each table. */
  readonly all = PARTS.map((part): Pass<string> => ({
    subject: 'login',
    table: LOGIN_TABLES[part],
    keys: 'text',
    graceMs: RECORD_GRACE_MS,
    readChunk: (after, limit) => this.asterisk.listIds(part, after, limit),
    suspectsAmong: (ids, run) => this.suspectsAmong(ids, run),
    repair: (id, run) => this.repair(part, id, run),
  }));

  constructor(
    private readonly asterisk: AsteriskService,
    private readonly extensions: ExtensionLogin,
    private readonly transactions: Transactions,
    private readonly cache: Cache,
    private readonly domains: OwnDomains,
  ) {}

  private async suspectsAmong(ids: readonly string[], run: ReconcileRun): Promise<string[]> {
    const own = ids.filter(
      (id) =>
        run.digest.differs(id) &&
        this.domains.hasLogin(id) &&
        !run.unusualIds.has(foldId(id)) &&
        !run.reportedLogins.has(foldId(id)),
    );
    if (own.length === 0) return [];
    const claimed = new Set((await this.extensions.findAliveEndpointIds(own)).map(foldId));
    return own.filter((id) => !claimed.has(foldId(id)));
  }

  /**
   * The rows are locked before the records are read: a new record that writes this login has either committed by then,
   * and is found, or writes the rows afterwards.
   */
  private async repair(part: LoginPart, id: string, run: ReconcileRun): Promise<Finding[]> {
    const removed = await this.transactions.loginCommitsFirst('reconcile.login', async ({ bin, asterisk }) => {
      const rows = await this.asterisk.lockLogin(asterisk, { endpointId: id, authId: id, aorId: id });
      const isTurn = PARTS.find((name) => rows[name] !== undefined) === part;
      if (!isTurn || (await this.extensions.findAliveEndpointIds([id], bin)).length > 0) return undefined;
      if (!run.dryRun) await this.asterisk.removeRows(asterisk, rows);
      return rows;
    });
    if (removed === undefined) return [];
    if (run.dryRun && run.reportedLogins.size < REPORTED_MAX) run.reportedLogins.add(foldId(id));
    if (!run.dryRun) await this.cache.forget([contactsKey(id)]);
    return [{ kind: 'login_without_record', what: partsOf(removed) }];
  }
}

function partsOf(rows: LoginRows): LoginPart[] {
  return PARTS.filter((part) => rows[part] !== undefined);
}
