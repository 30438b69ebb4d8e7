import { type DynamicModule, Global, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { type DestinationStream } from 'pino';
import { type Config } from '../../config/config';
import { createPino, Log } from './logger';

/** Gives every module the `Log`, and Nest (`app.useLogger(app.get(Logger))` of nestjs-pino) the same writer. */
@Global()
@Module({})
export class LoggingModule {
  static forRoot(config: Pick<Config, 'logLevel'>, destination?: DestinationStream): DynamicModule {
    const logger = createPino(config.logLevel, destination);
    return {
      module: LoggingModule,
      // No routes: requests for metrics and health are not logged.
      imports: [LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false }, forRoutes: [] })],
      providers: [{ provide: Log, useValue: new Log(logger) }],
      exports: [Log],
    };
  }
}

/** The log before the application exists, for errors at the start. */
export function createLog(
  config: Pick<Config, 'logLevel'> = { logLevel: 'info' },
  destination?: DestinationStream,
): Log {
  return new Log(createPino(config.logLevel, destination));
}
