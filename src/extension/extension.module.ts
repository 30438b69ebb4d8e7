import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AsteriskModule } from '../asterisk/asterisk.module';
import { ClientsModule } from '../clients/clients.module';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { ExtensionController } from './extension.controller';
import { ExtensionDirectHash } from './extension.direct-hash';
import { ExtensionEntity } from './extension.entity';
import { ExtensionLogin } from './extension.login';
import { ExtensionReader } from './extension.reader';
import { ExtensionRepository } from './extension.repository';
import { ExtensionWriter } from './extension.writer';

@Module({
  imports: [TypeOrmModule.forFeature([ExtensionEntity], 'bin'), AsteriskModule, SipAuthModule, ClientsModule],
  controllers: [ExtensionController],
  providers: [ExtensionDirectHash, ExtensionLogin, ExtensionReader, ExtensionRepository, ExtensionWriter],
  exports: [ExtensionLogin, ExtensionReader, ExtensionWriter],
})
export class ExtensionModule {}
