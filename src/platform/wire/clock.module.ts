import { Global, Module } from '@nestjs/common';
import { MicroClock } from './wire-time';

@Global()
@Module({ providers: [{ provide: MicroClock, useFactory: () => new MicroClock() }], exports: [MicroClock] })
export class ClockModule {}
