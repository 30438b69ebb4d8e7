import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, MetadataScanner } from '@nestjs/core';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RabbitRpcParamsFactory } from '@golevelup/nestjs-rabbitmq';
import findMyWay from 'find-my-way';
import { invalidArgument } from '../../errors/service-error';
import { UriSyntaxError, parseUri } from '../../wire/go-uri';
import type { RequestEnvelope } from './envelope';
import { RPC_CONTEXT } from './rpc-context';
import { RPC_ROUTE, type RpcRouteDefinition } from './rpc-route.decorator';
import { RpcRequestContext } from './rpc-request.context';

type Invoke = (data: RequestEnvelope['data'], context: RpcRequestContext) => Promise<unknown>;

export interface MatchedRoute {
  readonly definition: RpcRouteDefinition;
  /** Runs pipes, interceptors, handler and filter; what the filter made of an error comes back as a reply. */
  invoke(data: RequestEnvelope['data']): Promise<unknown>;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE']);
const UUID_PATTERN = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** Finds the controller method for a URI, from the `@RpcRoute` declarations of every controller. */
@Injectable()
export class RpcRouter implements OnModuleInit {
  private readonly router = findMyWay({ caseSensitive: true, maxParamLength: 64 * 1024 });
  private readonly definitions: RpcRouteDefinition[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly contexts: ExternalContextCreator,
  ) {}

  onModuleInit(): void {
    for (const { instance, host } of this.discovery.getControllers()) {
      const contexts = this.contextsOf(host?.token ?? '');
      const controller = instance as Record<string, (...args: unknown[]) => unknown>;
      for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(controller) as object)) {
        const handler = controller[name];
        const definition = handler && (Reflect.getMetadata(RPC_ROUTE, handler) as RpcRouteDefinition | undefined);
        if (handler && definition) this.register(definition, bind(contexts, controller, handler, name));
      }
    }
  }

  /** The route table, for its snapshot test. */
  get routes(): readonly RpcRouteDefinition[] {
    return this.definitions;
  }

  /** The route of a request, `undefined` when there is none. Throws `INVALID_ARGUMENT` for a URI that cannot be read. */
  match(method: string, uri: string): MatchedRoute | undefined {
    if (!METHODS.has(method)) return undefined;
    const cut = uri.search(/[?#]/);
    const path = cut < 0 ? uri : uri.slice(0, cut);
    const delimiter = cut < 0 ? '' : uri.charAt(cut);
    const found = this.router.find(method as findMyWay.HTTPMethod, shield(path), {});
    if (!found) return undefined;
    const { definition, invoke } = found.store as { definition: RpcRouteDefinition; invoke: Invoke };
    if (!queryFits(definition, delimiter)) return undefined;
    const context = new RpcRequestContext(definition, unshield(found.params), queryOf(uri));
    return { definition, invoke: (data) => invoke(data, context) };
  }

  /**
   * Nest looks for a handler's pipes and interceptors in the module that *provides* its class, and leaves out without a word
   * those it does not find. Our handlers are controllers: their module is named here.
   */
  private contextsOf(moduleKey: string): ExternalContextCreator {
    const contexts = Object.create(this.contexts) as ExternalContextCreator;
    contexts.getContextModuleKey = () => moduleKey;
    return contexts;
  }

  private register(definition: RpcRouteDefinition, invoke: Invoke): void {
    this.definitions.push(definition);
    this.router.on(definition.method, pattern(definition.template), () => undefined, { definition, invoke });
  }
}

function bind(
  contexts: ExternalContextCreator,
  controller: object,
  handler: (...args: unknown[]) => unknown,
  name: string,
): Invoke {
  return contexts.create(
    controller,
    handler,
    name,
    ROUTE_ARGS_METADATA,
    new RabbitRpcParamsFactory(),
    undefined,
    undefined,
    { guards: true, interceptors: true, filters: true },
    RPC_CONTEXT,
  ) as Invoke;
}

/** `<extension-id>` is a lower-case uuid, `<extension...>` the rest of the path, whatever it holds. */
function pattern(template: string): string {
  return template
    .replace(/<[a-z-]+\.\.\.>$/, '*')
    .replace(/<([a-z]+)-id>/g, (_, name: string) => `:${name}(^${UUID_PATTERN}$)`);
}

/** The router's own decoding stays out: an escape is the route's matter, and a broken one must not hide the route. */
function shield(path: string): string {
  return path.replaceAll('%', '%25');
}

function unshield(params: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return { ...params, rest: params['*'] };
}

/** `delimiter` is what ends the path: `?`, `#` or nothing. */
function queryFits({ query, template }: RpcRouteDefinition, delimiter: string): boolean {
  if (query === 'any') return delimiter !== '#' || template.endsWith('...>');
  return delimiter === (query === 'required' ? '?' : '');
}

function queryOf(uri: string): string | undefined {
  try {
    return parseUri(uri).query;
  } catch (error) {
    if (error instanceof UriSyntaxError) throw invalidArgument([{ field: 'uri', rule: 'is a valid URI' }]);
    throw error;
  }
}
