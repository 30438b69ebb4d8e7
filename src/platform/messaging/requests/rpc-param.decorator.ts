import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { RpcRequestContext } from './rpc-request.context';

/** A parameter of the path, decoded. */
export const PathParam = createParamDecorator((name: string, host: ExecutionContext): string =>
  rpcContext(host).pathParam(name),
);

/** The query's pairs as Go reads them: the first of a repeated key counts. */
export const Query = createParamDecorator((_: undefined, host: ExecutionContext) => rpcContext(host).query);

function rpcContext(host: ExecutionContext): RpcRequestContext {
  return host.switchToRpc().getContext<RpcRequestContext>();
}
