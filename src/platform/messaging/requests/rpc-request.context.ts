import { BaseRpcContext } from '@nestjs/microservices';
import { invalidArgument } from '../../errors/service-error';
import { UriSyntaxError, decodePathSegment, parseQuery } from '../../wire/go-uri';
import type { RpcRouteDefinition } from './rpc-route.decorator';

/** The request as pipes, interceptors and parameter decorators see it. */
export class RpcRequestContext extends BaseRpcContext<[RpcRouteDefinition]> {
  constructor(
    readonly route: RpcRouteDefinition,
    private readonly rawParams: Readonly<Record<string, string | undefined>>,
    private readonly rawQuery: string | undefined,
  ) {
    super([route]);
  }

  /**
   * The decoded text of a path parameter. Escapes are undone before the path is split, so `a%2Fb` is `a`: callers do not
   * escape what they put there (contract §2.1).
   */
  pathParam(name: string): string {
    const raw = this.rawParams[name] ?? '';
    try {
      return decodePathSegment(raw).split('/', 1)[0] ?? '';
    } catch (error) {
      if (error instanceof UriSyntaxError) throw invalidArgument([{ field: 'uri', rule: 'is a valid URI' }]);
      throw error;
    }
  }

  get query(): ReadonlyMap<string, string> {
    return parseQuery(this.rawQuery ?? '');
  }
}
