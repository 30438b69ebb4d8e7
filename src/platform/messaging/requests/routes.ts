import { createParamDecorator, applyDecorators, UseFilters, UsePipes, type ExecutionContext } from '@nestjs/common';
import { MessagePattern, type MessageHandler } from '@nestjs/microservices';
import findMyWay from 'find-my-way';
import { isObservable, lastValueFrom } from 'rxjs';
import { invalidArgument } from '../../errors/service-error';
import type { JsonNode } from '../../wire/go-json';
import { UriSyntaxError, decodePathSegment, parseQuery, parseUri } from '../../wire/go-uri';
import { ErrorsAsTheyAre } from './error-reply';
import { WireBodyPipe } from './wire-body.pipe';

/** What follows the path of a route: a list needs a `?`, most routes refuse one, some allow both. */
type QueryRule = 'required' | 'none' | 'any';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The path with parameters as `<name>`; a trailing `<name...>` takes the rest of the path. */
  readonly template: string;
  readonly query: QueryRule;
}

/** Declares that a controller method answers `method template` on the request queue (contract §2.1). */
export function RpcRoute(method: Route['method'], template: string, query: QueryRule = 'none'): MethodDecorator {
  const route: Route = { method, template, query };
  return applyDecorators(
    MessagePattern(`${method} ${template}`, route),
    UsePipes(WireBodyPipe),
    UseFilters(ErrorsAsTheyAre),
  );
}

/**
 * A parameter of the path, decoded. It is decoded before the path is split, so `a%2Fb` is `a`: callers do not escape
 * what they put there (contract §2.1).
 */
export const PathParam = createParamDecorator((name: string, host: ExecutionContext): string => {
  const raw = matchOf(host).params[name] ?? '';
  return readUri(() => decodePathSegment(raw)).split('/', 1)[0] ?? '';
});

/** The query's pairs as Go reads them: the first of a repeated key counts. */
export const Query = createParamDecorator((_: undefined, host: ExecutionContext) => parseQuery(matchOf(host).query));

/** A request's route, parameters and query. Nest hands it to pipes, interceptors and parameter decorators. */
class RouteMatch {
  constructor(
    readonly route: Route,
    private readonly handler: MessageHandler,
    /** Still escaped; the rest of the path is `rest`. */
    readonly params: Readonly<Record<string, string | undefined>>,
    readonly query: string | undefined,
  ) {}

  /** The name of the route in the metrics. */
  get label(): string {
    return this.route.template.replace('...>', '>');
  }

  /** Runs Nest's pipes and interceptors and the handler. */
  async invoke(data: JsonNode | undefined): Promise<unknown> {
    const result: unknown = await this.handler(data, this);
    return isObservable(result) ? lastValueFrom(result) : result;
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE']);
const UUID_PATTERN = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** Finds the route of a URI. */
export class RouteTable {
  private readonly router = findMyWay({ caseSensitive: true, maxParamLength: 64 * 1024 });
  readonly routes: Route[] = [];

  add(route: Route, handler: MessageHandler): void {
    this.routes.push(route);
    this.router.on(route.method, pattern(route.template), () => undefined, { route, handler });
  }

  /** `undefined` when there is no such route. Throws `INVALID_ARGUMENT` for a URI that cannot be read. */
  match(method: string, uri: string): RouteMatch | undefined {
    if (!METHODS.has(method)) return undefined;
    const cut = uri.search(/[?#]/);
    const path = cut < 0 ? uri : uri.slice(0, cut);
    const delimiter = cut < 0 ? '' : uri.charAt(cut);
    // The router would decode escapes and not find the route of a broken one, so every `%` is escaped first.
    const found = this.router.find(method as findMyWay.HTTPMethod, path.replaceAll('%', '%25'), {});
    if (!found) return undefined;
    const { route, handler } = found.store as { route: Route; handler: MessageHandler };
    if (!queryFits(route, delimiter)) return undefined;
    return new RouteMatch(
      route,
      handler,
      { ...found.params, rest: found.params['*'] },
      readUri(() => parseUri(uri).query),
    );
  }
}

/** `<extension-id>` is a lower-case uuid, `<extension...>` the rest of the path, whatever it holds. */
function pattern(template: string): string {
  return template
    .replace(/<[a-z-]+\.\.\.>$/, '*')
    .replace(/<([a-z]+)-id>/g, (_, name: string) => `:${name}(^${UUID_PATTERN}$)`);
}

/** `delimiter` is what ends the path: `?`, `#` or nothing. */
function queryFits({ query, template }: Route, delimiter: string): boolean {
  if (query === 'any') return delimiter !== '#' || template.endsWith('...>');
  return delimiter === (query === 'required' ? '?' : '');
}

function matchOf(host: ExecutionContext): RouteMatch {
  return host.switchToRpc().getContext<RouteMatch>();
}

function readUri<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UriSyntaxError) throw invalidArgument([{ field: 'uri', rule: 'is a valid URI' }]);
    throw error;
  }
}
