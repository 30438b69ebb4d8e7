import { Module } from '@nestjs/common';
import { AsteriskModule } from '../asterisk/asterisk.module';
import { ExtensionModule } from '../extension/extension.module';
import { Config } from '../platform/config/config';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { TrunkModule } from '../trunk/trunk.module';
import { ContactPass } from './contact.pass';
import { ExtensionPass } from './extension.pass';
import { LoginPasses } from './login.passes';
import { OwnDomains } from './own-domains';
import type { Pass } from './pass';
import { PASSES, ReconcileService } from './reconcile.service';
import { SipAuthPass } from './sip-auth.pass';
import { TrunkPass } from './trunk.pass';

/** The pass over extensions comes first: it collects the unusual ids that the passes over logins need. */
const ORDER = [ExtensionPass, TrunkPass, LoginPasses, ContactPass, SipAuthPass];

/** The comparison itself. `ReconcileScheduleModule` starts it automatically. */
@Module({
  imports: [AsteriskModule, ExtensionModule, SipAuthModule, TrunkModule],
  providers: [
    { provide: OwnDomains, inject: [Config], useFactory: (config: Config) => new OwnDomains(config) },
    ...ORDER,
    {
      provide: PASSES,
      inject: ORDER,
      useFactory: (...passes: (Pass<never> | LoginPasses)[]) =>
        passes.flatMap((pass) => (pass instanceof LoginPasses ? pass.all : [pass])),
    },
    ReconcileService,
  ],
  exports: [ReconcileService],
})
export class ReconcileModule {}
