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
import { PositionStore } from './position.store';
import { ReconcileService, STEPS } from './reconcile.service';
import { SipAuthPass } from './sip-auth.pass';
import { stepOf, type Pass } from './step';
import { Survey } from './survey';
import { TrunkMatch } from './trunk.match';
import { TrunkPass } from './trunk.pass';

/** The survey comes first: it collects the digest and the unusual ids that the passes need. */
const ORDER = [Survey, ExtensionPass, TrunkPass, LoginPasses, ContactPass, SipAuthPass];

/** The comparison itself. `ReconcileScheduleModule` starts it automatically. */
@Module({
  imports: [AsteriskModule, ExtensionModule, SipAuthModule, TrunkModule],
  providers: [
    { provide: OwnDomains, inject: [Config], useFactory: (config: Config) => new OwnDomains(config) },
    ...ORDER,
    {
      provide: STEPS,
      inject: ORDER,
      useFactory: (survey: Survey, ...passes: (Pass<never> | LoginPasses)[]) => [
        ...survey.steps,
        ...passes.flatMap((pass) => (pass instanceof LoginPasses ? pass.all : [pass])).map(stepOf),
      ],
    },
    PositionStore,
    ReconcileService,
    TrunkMatch,
  ],
  exports: [ReconcileService, TrunkMatch],
})
export class ReconcileModule {}
