import { SetMetadata } from '@nestjs/common';

export type RpcMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** What a route wants after its path: a list needs a `?`, most refuse one, some do not care. */
export type QueryRule = 'required' | 'none' | 'any';

export interface RpcRouteDefinition {
  readonly method: RpcMethod;
  /** The path with parameters as `<name>`; a trailing `<name...>` takes the rest of the path. The metric label, too. */
  readonly template: string;
  readonly query: QueryRule;
}

export const RPC_ROUTE = Symbol('rpc-route');

/** Declares that a controller method answers `method template` on the request queue (contract §2.1). */
export function RpcRoute(method: RpcMethod, template: string, query: QueryRule = 'none'): MethodDecorator {
  const definition: RpcRouteDefinition = { method, template, query };
  return SetMetadata(RPC_ROUTE, definition);
}
