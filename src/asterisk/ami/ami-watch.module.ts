import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { HealthRegistry } from '../../platform/observability/health/health-registry';
import { AsteriskModule } from '../asterisk.module';
import type { AsteriskNode } from './asterisk-node';
import { AsteriskNodes } from './asterisk-nodes';

/** Keeps the service's connections to the nodes of Asterisk, and shows them on the health page. */
@Injectable()
class AmiWatch implements OnApplicationBootstrap {
  constructor(
    private readonly nodes: AsteriskNodes,
    private readonly health: HealthRegistry,
  ) {}

  onApplicationBootstrap(): void {
    for (const node of this.nodes.all) {
      this.health.register({ name: `asterisk_ami ${node.name}`, kind: 'degrading', check: () => assertWell(node) });
    }
    this.nodes.start();
  }
}

function assertWell({ trouble }: AsteriskNode): Promise<void> {
  return trouble === undefined ? Promise.resolve() : Promise.reject(trouble);
}

/** For the service; the command line connects when it has something to tell. */
@Module({ imports: [AsteriskModule], providers: [AmiWatch] })
export class AmiWatchModule {}
