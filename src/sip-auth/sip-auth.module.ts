import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SipAuthEntity } from './sip-auth.entity';
import { SipAuthRepository } from './sip-auth.repository';
import { SipAuthService } from './sip-auth.service';

@Module({
  imports: [TypeOrmModule.forFeature([SipAuthEntity], 'bin')],
  providers: [SipAuthRepository, SipAuthService],
  exports: [SipAuthService],
})
export class SipAuthModule {}
