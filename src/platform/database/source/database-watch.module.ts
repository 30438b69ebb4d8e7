import { Module } from '@nestjs/common';
import { SchemaWatch } from '../schema/schema-watch';
import { WriteWatch } from './write-watch';

/** Checks that the service runs in the background; the command line runs them when asked. */
@Module({ providers: [SchemaWatch, WriteWatch] })
export class DatabaseWatchModule {}
