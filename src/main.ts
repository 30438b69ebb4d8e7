import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { CustomStrategy } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module';
import { ConfigError, loadConfig, readProcess, type Config } from './platform/config/config';
import { RequestServer } from './platform/messaging/requests/request-server';
import { HealthRegistry } from './platform/observability/health/health-registry';
import { Log } from './platform/observability/log/logger';
import { createLog } from './platform/observability/log/logging.module';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** Time to close the connections, on top of the time for work in flight. */
const CLOSING_SECONDS = 8;
let isRunning = false;

/** Serves health and metrics before the dependencies are there, so that an operator sees what the start waits for. */
async function start(config: Config): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), { bufferLogs: true });
  app.useLogger(app.get(Logger));
  app.enableShutdownHooks([...SIGNALS], { useProcessExit: true });
  app.disable('x-powered-by');
  const log = app.get(Log);
  boundShutdown(config.shutdownTimeoutSeconds, log);
  log.info('Starting', config.toJSON());
  const { host, port } = config.prometheusListenAddress;
  // As in the original, the service runs without health and metrics when the port is taken.
  app.getHttpServer().once('error', (error) => log.error('Health and metrics cannot be served', { error }));
  app.getHttpServer().listen(port, host);
  app.connectMicroservice<CustomStrategy>({ strategy: app.get(RequestServer) });
  await app.init();
  // From here on repairs, the relay and the events run; the broker may still be away.
  isRunning = true;
  await app.startAllMicroservices();
  app.get(HealthRegistry).markStarted();
  log.info('Serving', { listen: app.getHttpServer().address() });
}

/** Before the modules run, a signal ends the process at once; later a hanging dependency cannot keep it running. */
function boundShutdown(timeoutSeconds: number, log: Log): void {
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      if (!isRunning) process.exit(0);
      setTimeout(
        () => {
          log.critical('The shutdown took too long and is cut short');
          process.exit(1);
        },
        (timeoutSeconds + CLOSING_SECONDS) * 1_000,
      ).unref();
    });
  }
}

function fail(message: string, error: unknown): never {
  const log = createLog();
  if (error instanceof ConfigError) for (const problem of error.problems) log.critical('Configuration', { problem });
  else log.critical(message, { error });
  process.exit(1);
}

process.on('unhandledRejection', (error) => fail('An unhandled rejection ends the process', error));
process.on('uncaughtException', (error) => fail('An uncaught error ends the process', error));

try {
  start(loadConfig(readProcess())).catch((error: unknown) => fail('The service could not start', error));
} catch (error) {
  fail('The service could not start', error);
}
