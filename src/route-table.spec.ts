import type { INestApplication } from '@nestjs/common';
import type { CustomStrategy } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import fc from 'fast-check';
import { eachRow } from '../test/support/each-row';
import { ContactController } from './contact/contact.controller';
import { ContactService } from './contact/contact.service';
import { ExtensionController } from './extension/extension.controller';
import { ExtensionReader } from './extension/extension.reader';
import { ExtensionWriter } from './extension/extension.writer';
import { ServiceError } from './platform/errors/service-error';
import { CreateAdmission } from './platform/messaging/requests/create-admission';
import { RequestServer } from './platform/messaging/requests/request-server';
import type { RouteTable } from './platform/messaging/requests/routes';
import { decodeJson } from './platform/wire/go-json';
import { TrunkController } from './trunk/trunk.controller';
import { TrunkReader } from './trunk/trunk.reader';
import { TrunkWriter } from './trunk/trunk.writer';

const ID = '9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e';
const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';

interface Called {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Stands for a feature's service: says how it was called. */
const recorder = (): object =>
  new Proxy(
    {},
    {
      get: (_, method) =>
        typeof method === 'string' && method !== 'then' && !method.startsWith('on') && !method.startsWith('before')
          ? (...args: unknown[]): Promise<Called> => Promise.resolve({ method, args })
          : undefined,
    },
  );

describe('the routes', () => {
  let app: INestApplication;
  let table: RouteTable;

  beforeAll(async () => {
    const nothing = {} as never;
    const amqp = { createSubscriber: () => Promise.resolve() } as never;
    const server = new RequestServer(amqp, nothing, nothing, nothing, nothing, nothing);
    const module = await Test.createTestingModule({
      controllers: [ExtensionController, TrunkController, ContactController],
      providers: [
        { provide: ExtensionReader, useFactory: recorder },
        { provide: ExtensionWriter, useFactory: recorder },
        { provide: TrunkReader, useFactory: recorder },
        { provide: TrunkWriter, useFactory: recorder },
        { provide: ContactService, useFactory: recorder },
      ],
    })
      .overrideInterceptor(CreateAdmission)
      .useValue({ intercept: (_: unknown, next: { handle: () => unknown }) => next.handle() })
      .compile();
    app = module.createNestApplication();
    app.connectMicroservice<CustomStrategy>({ strategy: server });
    await app.init();
    await app.startAllMicroservices();
    table = server.table;
  });

  afterAll(() => app.close());

  async function ask(method: string, uri: string, body?: string): Promise<unknown> {
    const match = table.match(method, uri);
    if (match === undefined) return 'no route';
    return match.invoke(body === undefined ? undefined : decodeJson(Buffer.from(body)));
  }

  it('are these seventeen', () => {
    const routes = table.routes.map(({ method, template, query }) => `${method} ${template} query:${query}`).sort();
    expect(routes).toEqual([
      'DELETE /v1/extensions/<extension-id> query:none',
      'DELETE /v1/trunks/<trunk-id> query:none',
      'GET /v1/contacts query:any',
      'GET /v1/extensions query:required',
      'GET /v1/extensions/<extension-id> query:none',
      'GET /v1/extensions/count_by_customer query:none',
      'GET /v1/extensions/extension/<extension...> query:any',
      'GET /v1/trunks query:required',
      'GET /v1/trunks/<trunk-id> query:none',
      'GET /v1/trunks/count_by_customer query:none',
      'GET /v1/trunks/domain_name/<domain-name...> query:any',
      'POST /v1/extensions query:none',
      'POST /v1/extensions/<extension-id>/direct-hash-regenerate query:none',
      'POST /v1/trunks query:none',
      'PUT /v1/contacts query:any',
      'PUT /v1/extensions/<extension-id> query:none',
      'PUT /v1/trunks/<trunk-id> query:none',
    ]);
    expect(routes).toHaveLength(17);
  });

  const customer = JSON.stringify({ customer_id: CUSTOMER });
  const contact = JSON.stringify({ customer_id: CUSTOMER, extension: '2001' });
  eachRow([
    ['GET', '/v1/contacts', contact, 'list'],
    ['GET', '/v1/contacts?x=1', contact, 'list'],
    ['PUT', '/v1/contacts', contact, 'refresh'],
    ['GET', '/v1/extensions/count_by_customer', customer, 'count'],
    ['POST', `/v1/extensions/${ID}/direct-hash-regenerate`, undefined, 'regenerateDirectHash'],
    ['GET', `/v1/extensions/${ID}`, undefined, 'get'],
    ['PUT', `/v1/extensions/${ID}`, '{}', 'update'],
    ['DELETE', `/v1/extensions/${ID}`, undefined, 'delete'],
    ['POST', '/v1/extensions', `{"customer_id":"${CUSTOMER}","extension":"1","password":"p"}`, 'create'],
    ['GET', '/v1/extensions?page_size=1', undefined, 'list'],
    ['GET', '/v1/extensions?', undefined, 'list'],
    ['GET', '/v1/extensions/extension/2001', customer, 'getByNumber'],
    ['GET', '/v1/trunks/count_by_customer', customer, 'count'],
    ['GET', '/v1/trunks?', undefined, 'list'],
    ['POST', '/v1/trunks', `{"customer_id":"${CUSTOMER}","domain_name":"acme"}`, 'create'],
    ['GET', `/v1/trunks/${ID}`, undefined, 'get'],
    ['PUT', `/v1/trunks/${ID}`, '{}', 'update'],
    ['DELETE', `/v1/trunks/${ID}`, undefined, 'delete'],
    ['GET', '/v1/trunks/domain_name/acme', undefined, 'getByDomain'],
  ])('each request reaches its method', async (method, uri, body, expected) => {
    await expect(ask(method, uri, body)).resolves.toMatchObject({ method: expected });
  });

  eachRow([
    ['GET', '/v1/extensions'],
    ['GET', '/v1/trunks'],
    ['POST', '/v1/extensions?x=1'],
    ['POST', '/v1/trunks?'],
    ['GET', `/v1/extensions/${ID}?x=1`],
    ['GET', `/v1/extensions/${ID}#x`],
    ['GET', `/v1/extensions/${ID}/`],
    ['GET', `/v1/extensions/${ID.toUpperCase()}`],
    ['GET', `/v1/extensions/${ID}\n`],
    ['GET', '/v1/extensions/'],
    ['GET', '/v1/extensions/count_by_customer?x'],
    ['POST', `/v1/extensions/${ID}/direct-hash-regenerate/`],
    ['GET', `/v1/extensions/${ID}/direct-hash-regenerate`],
    ['PATCH', `/v1/extensions/${ID}`],
    ['get', `/v1/extensions/${ID}`],
    ['', ''],
    ['GET', ''],
    ['GET', '*'],
    ['GET', '/v1/domains'],
    ['GET', '/v2/contacts'],
    ['GET', '/v1/contacts/'],
    ['GET', '/v1/contacts#x'],
    ['GET', '/v1/contacts#x?y'],
    ['GET', '/v1/extensions#x?page_size=1'],
    ['DELETE', '/v1/contacts'],
    ['GET', '/v1/extensions/extension'],
    ['GET', 'x?/v1/extensions/extension/a'],
    ['GET', '//v1/extensions/extension/a'],
    ['GET', `a:b/v1/trunks/${ID}`],
    ['GET', `/anything/v1/extensions/${ID}`],
    ['__proto__', '/v1/contacts'],
    ['constructor', '/v1/contacts'],
    ['toString', '/v1/contacts'],
    ['GET', '__proto__'],
    ['GET', '/v1/extensions/:extension'],
    ['GET', '/v1/trunks/domain_name'],
  ])('nothing answers what is no route', async (method, uri) => {
    await expect(ask(method, uri)).resolves.toBe('no route');
  });

  eachRow([
    ['/v1/extensions/extension/a%20b', 'a b'],
    ['/v1/extensions/extension/a%2Fb', 'a'],
    ['/v1/extensions/extension/a+b', 'a+b'],
    ['/v1/extensions/extension/1000?x', '1000'],
    ['/v1/extensions/extension/a#b', 'a'],
    ['/v1/extensions/extension/a#b?c', 'a'],
    ['/v1/extensions/extension/a/b', 'a'],
    ['/v1/extensions/extension/', ''],
    ['/v1/extensions/extension/ü ö', 'ü ö'],
    ['/v1/extensions/extension/%C3%BC', 'ü'],
    ['/v1/extensions/extension/%ff', '\ufffd'],
    ['/v1/extensions/extension/%2525', '%25'],
    ['/v1/extensions/extension/__proto__', '__proto__'],
  ])('a number is taken from the path as the original took it', async (uri, expected) => {
    await expect(ask('GET', uri, customer)).resolves.toMatchObject({
      method: 'getByNumber',
      args: [expected, { customerId: CUSTOMER }],
    });
  });

  eachRow([
    ['/v1/trunks/domain_name/a/b', 'a'],
    ['/v1/trunks/domain_name/', ''],
    ['/v1/trunks/domain_name/acme?', 'acme'],
  ])('a domain is taken from the path as the original took it', async (uri, expected) => {
    await expect(ask('GET', uri)).resolves.toEqual({ method: 'getByDomain', args: [expected] });
  });

  eachRow(['%zz', '%', 'a%2', '\u0000', 'a\nb', '\u007f', '%zz?x'])('refuses what no path may hold', async (value) => {
    const asked = ask('GET', `/v1/extensions/extension/${value}`, customer);
    await expect(asked).rejects.toMatchObject({ statusCode: 400 });
  });

  eachRow([
    ['GET', '/v1/extensions/count_by_customer', undefined, 400],
    ['GET', '/v1/extensions/count_by_customer', '[]', 400],
    ['GET', '/v1/trunks/count_by_customer', '{"customer_id":1}', 400],
    ['POST', '/v1/extensions', undefined, 400],
    ['POST', '/v1/extensions', 'null', 400],
    ['PUT', `/v1/extensions/${ID}`, '{"password":1}', 400],
    ['GET', '/v1/extensions?page_size=-1', undefined, 400],
    ['GET', '/v1/extensions?page_token=x', undefined, 400],
    ['GET', '/v1/trunks/00000000-0000-0000-0000-000000000000', undefined, 400],
    ['PUT', '/v1/trunks/00000000-0000-0000-0000-000000000000', '{}', 400],
    ['DELETE', '/v1/trunks/00000000-0000-0000-0000-000000000000', undefined, 400],
  ])('each body is answered with its status', async (method, uri, body, status) => {
    await expect(ask(method, uri, body)).rejects.toMatchObject({ statusCode: status });
  });

  eachRow([
    ['GET', '/v1/contacts', undefined],
    ['PUT', '/v1/contacts', undefined],
    ['GET', '/v1/extensions?', undefined],
    ['GET', '/v1/extensions/extension/a', undefined],
    ['GET', '/v1/extensions/count_by_customer', 'null'],
  ])('a missing or null body is taken', async (method, uri, body) => {
    await expect(ask(method, uri, body)).resolves.toHaveProperty('args');
  });

  it('never fails but with an error for the caller, whatever is asked for', () => {
    const prefix = fc.constantFrom(
      '',
      '/',
      '/v1/',
      '/v1/extensions/extension/',
      '/v1/trunks/domain_name/',
      '/v1/contacts',
    );
    const tail = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('%', '/', '?', '#', ':', '*', ';', 'a', '2', 'F', '.', '\ud800', '\u0000') }),
    );
    const method = fc.oneof(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(method, prefix, tail, (verb, head, rest) => {
        try {
          const match = table.match(verb, head + rest);
          if (match !== undefined) expect(table.routes).toContain(match.route);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
          expect((error as ServiceError).statusCode).toBe(400);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds a number again, however it is escaped', async () => {
    const number = fc.string({ unit: fc.constantFrom(...Array.from('0aZ_.+*~!-')) });
    await fc.assert(
      fc.asyncProperty(number, async (text) => {
        const escaped = `/v1/extensions/extension/${encodeURIComponent(text)}`;
        await expect(ask('GET', escaped, customer)).resolves.toMatchObject({ args: [text, {}] });
      }),
      { numRuns: 300 },
    );
  });
});
