import { Module } from '@nestjs/common';
import { AsteriskModule } from '../asterisk/asterisk.module';
import { ContactModule } from '../contact/contact.module';
import { ExtensionModule } from '../extension/extension.module';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { DiagnosisReader } from './diagnosis.reader';
import { DiagnosisService } from './diagnosis.service';

@Module({
  imports: [AsteriskModule, ContactModule, ExtensionModule, SipAuthModule],
  providers: [DiagnosisReader, DiagnosisService],
  exports: [DiagnosisService],
})
export class DiagnosisModule {}
