import { Injectable } from '@nestjs/common';
import { AsteriskService } from '../asterisk/asterisk.service';
import { ExtensionLogin, type LivingExtension } from '../extension/extension.login';
import { SipAuthService } from '../sip-auth/sip-auth.service';
import { TrunkLogin, type LivingTrunk } from '../trunk/trunk.login';
import { compareOpenness } from './comparison';
import { foldId } from './identifier';
import { distinct, OwnDomains } from './own-domains';
import type { ReconcileRun } from './reconcile.run';
import { meetAor, meetAuth, meetEndpoint, meetSipAuth, requireAccount, requireLogin } from './requirement';
import type { Step } from './step';

const UNUSUAL_IDS_MAX = 100_000;

type Reading<Row extends { readonly id: string }> = Pick<Step<Row>, 'table' | 'keys' | 'readChunk'> & {
  take(row: Row, run: ReconcileRun): void;
};

/**
 * Reads every table once, each in its own order, into the digest of the run. The digest then shows which rows the
 * passes must compare.
 */
@Injectable()
export class Survey {
  readonly steps: readonly Step<never>[];

  constructor(
    extensions: ExtensionLogin,
    trunks: TrunkLogin,
    sipAuth: SipAuthService,
    private readonly asterisk: AsteriskService,
    private readonly domains: OwnDomains,
  ) {
    this.steps = [
      reading<LivingExtension>({
        table: 'registrar_extensions',
        keys: 'uuid',
        readChunk: (after, limit) => extensions.listAlive(after, limit),
        take: (extension, run) => this.takeExtension(extension, run),
      }),
      reading<LivingTrunk>({
        table: 'registrar_trunks',
        keys: 'uuid',
        readChunk: (after, limit) => trunks.listAlive(after, limit),
        take: (trunk, run) => this.takeTrunk(trunk, run),
      }),
      reading({
        table: 'registrar_sip_auths',
        keys: 'uuid',
        readChunk: (after, limit) => sipAuth.listStored(after, limit),
        take: (stored, { digest }) => meetSipAuth(digest, stored),
      }),
      this.login('ps_endpoints', (after, limit) => asterisk.listEndpoints(after, limit), meetEndpoint),
      this.login('ps_auths', (after, limit) => asterisk.listAuths(after, limit), meetAuth),
      this.login('ps_aors', (after, limit) => asterisk.listAors(after, limit), meetAor),
    ];
  }

  private login<Row extends { readonly id: string }>(
    table: string,
    readChunk: Step<Row>['readChunk'],
    meet: (digest: ReconcileRun['digest'], row: Row) => void,
  ): Step<never> {
    return reading<Row>({
      table,
      keys: 'text',
      readChunk,
      take: (row, { digest }) => {
        if (this.domains.mayHaveRecord(row.id)) meet(digest, row);
      },
    });
  }

  private takeExtension({ customerId, login, account }: LivingExtension, run: ReconcileRun): void {
    const ids = distinct(login.endpointId, login.authId, login.aorId);
    for (const id of ids.slice(1)) {
      const isUnusual = foldId(id) !== foldId(login.endpointId);
      if (isUnusual && run.unusualIds.size < UNUSUAL_IDS_MAX) run.unusualIds.add(foldId(id));
    }
    const isOwn = this.domains.ownsExtension({ customerId, ...login });
    run.saw(isOwn ? 'extensions' : 'foreign');
    requireAccount(run.digest, account);
    const isRead = ids.every((id) => this.domains.mayHaveRecord(id));
    if (isRead) requireLogin(run.digest, login, this.asterisk.authOf(login));
    if (isOwn && (!isRead || compareOpenness(account).length > 0)) run.digest.suspect(login.endpointId);
  }

  private takeTrunk({ domainName, account }: LivingTrunk, run: ReconcileRun): void {
    const isOwn = this.domains.ownsTrunk({ domainName, realm: account.realm });
    run.saw(isOwn ? 'trunks' : 'foreign');
    requireAccount(run.digest, account);
    if (isOwn && compareOpenness(account).length > 0) run.digest.suspect(account.id);
  }
}

function reading<Row extends { readonly id: string }>(what: Reading<Row>): Step<never> {
  const step: Step<Row> = {
    ...what,
    name: `read ${what.table}`,
    isNeeded: () => true,
    visit: (rows, run) => {
      for (const row of rows) what.take(row, run);
      return [];
    },
  };
  return step as unknown as Step<never>;
}
