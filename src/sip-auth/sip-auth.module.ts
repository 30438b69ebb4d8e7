import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SipAuthEntity } from './sip-auth.entity';
import { SipAuthService } from './sip-auth.service';

@Module({
  imports: [TypeOrmModule.forFeature([SipAuthEntity], 'bin')],
  providers: [SipAuthService],
  exports: [SipAuthService],
})
export class SipAuthModule {}
