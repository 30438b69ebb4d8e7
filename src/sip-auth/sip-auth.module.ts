import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AdmissionReader } from './admission';
import { SipAuthEntity } from './sip-auth.entity';
import { SipAuthService } from './sip-auth.service';

@Module({
  imports: [TypeOrmModule.forFeature([SipAuthEntity], 'bin')],
  providers: [AdmissionReader, SipAuthService],
  exports: [AdmissionReader, SipAuthService],
})
export class SipAuthModule {}
