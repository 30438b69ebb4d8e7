import { Module } from '@nestjs/common';
import { AsteriskModule } from '../asterisk/asterisk.module';
import { ExtensionModule } from '../extension/extension.module';
import { Config } from '../platform/config/config';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { TrunkModule } from '../trunk/trunk.module';
import { ContactPass } from './contact.pass';
import { ExtensionPass } from './extension.pass';
import { LoginPass } from './login.pass';
import { OwnDomains } from './own-domains';
import { ReconcileService } from './reconcile.service';
import { SipAuthPass } from './sip-auth.pass';
import { TrunkPass } from './trunk.pass';

/** Comparing by hand; what makes it happen by itself is `ReconcileScheduleModule`. */
@Module({
  imports: [AsteriskModule, ExtensionModule, SipAuthModule, TrunkModule],
  providers: [
    { provide: OwnDomains, inject: [Config], useFactory: (config: Config) => new OwnDomains(config) },
    ContactPass,
    ExtensionPass,
    LoginPass,
    ReconcileService,
    SipAuthPass,
    TrunkPass,
  ],
  exports: [ReconcileService],
})
export class ReconcileModule {}
