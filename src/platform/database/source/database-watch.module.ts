import { Module } from '@nestjs/common';
import { SchemaWatch } from '../schema/schema-watch';
import { WriteWatch } from './write-watch';

/** What the service looks at by itself, beside the requests; the command line looks when it is asked. */
@Module({ providers: [SchemaWatch, WriteWatch] })
export class DatabaseWatchModule {}
