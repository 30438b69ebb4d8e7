import { Controller, type DynamicModule, Get, Global, Header, Module, Res } from '@nestjs/common';
import { PrometheusController, PrometheusModule } from '@willsoto/nestjs-prometheus';
import { type Config } from '../../config/config';
import { Metrics } from './metrics';

interface HttpReply {
  header(name: string, value: string): unknown;
}

/** The scrape; its path comes from the configuration. */
@Controller()
class MetricsController extends PrometheusController {
  constructor(private readonly metrics: Metrics) {
    super();
  }

  @Get()
  @Header('Cache-Control', 'no-store')
  override index(@Res({ passthrough: true }) reply: HttpReply): Promise<string> {
    reply.header('Content-Type', this.metrics.registry.contentType);
    return this.metrics.render();
  }
}

/** Provides the metrics, and serves them at the configured path. */
@Global()
@Module({})
export class MetricsModule {
  static forRoot({ prometheusEndpoint }: Pick<Config, 'prometheusEndpoint'>): DynamicModule {
    const metrics = new Metrics();
    const prometheus = PrometheusModule.register({
      controller: MetricsController,
      path: prometheusEndpoint,
      defaultMetrics: { enabled: true, config: { register: metrics.registry } },
    });
    const provider = { provide: Metrics, useValue: metrics };
    return { module: MetricsModule, imports: [prometheus], providers: [provider], exports: [Metrics] };
  }
}
