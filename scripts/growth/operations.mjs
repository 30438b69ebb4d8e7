// What is measured. `warm` says that the request is sent once before it is measured, so that its answer is in the cache.
import { bigCustomer, middleOf, sampleOf } from './sample.mjs';

const PAGE = 100;
const READ = 200;

/** The requests of one installation; the n-th request of an operation uses the n-th record of the sample. `isOnce` says that a record serves for one request. */
export async function operationsOn({ sql, caller, databases: { bin } }, requests) {
  const big = await bigCustomer(sql);
  const extensions = `${bin}.registrar_extensions`;
  const trunks = `${bin}.registrar_trunks`;
  const sample = await sampleOf(sql, extensions, 'extension', big, READ + requests);
  const doomed = sample.splice(READ); // each is deleted once, and then created again
  const trunkSample = await sampleOf(sql, trunks, 'domain_name', big, 100);
  const tokens = { extensions: await middleOf(sql, extensions, big), trunks: await middleOf(sql, trunks, big) };
  const run = Date.now().toString(36);

  const one = (n) => sample[n % sample.length];
  const trunk = (n) => trunkSample[n % trunkSample.length];
  const get = (uri, data) => caller.call('GET', uri, data);
  const page = (kind, token, data, limit = PAGE) =>
    get(`/v1/${kind}?page_token=${encodeURIComponent(token)}&page_size=${limit}`, data);
  const living = { customer_id: big.id, deleted: false };
  const whose = (n) => ({ customer_id: one(n).customer, extension: one(n).extension });

  return {
    extensions: {
      'get by id, cached': { warm: true, send: (n) => get(`/v1/extensions/${one(n).id}`) },
      'get by id, not cached': { send: (n) => get(`/v1/extensions/${one(n).id}`) },
      'get by number, not cached': {
        send: (n) => get(`/v1/extensions/extension/${one(n).extension}`, { customer_id: one(n).customer }),
      },
      'list of the big customer, first page': { send: () => page('extensions', '', living) },
      'list of the big customer, middle page': { send: () => page('extensions', tokens.extensions, living) },
      'list of the big customer, deleted too': { send: () => page('extensions', '', { customer_id: big.id }) },
      'list of a usual customer': {
        send: (n) => page('extensions', '', { customer_id: one(n).customer, deleted: false }),
      },
      'list by number, of one': { send: (n) => page('extensions', '', { ...whose(n), deleted: false }, 1) },
      'count of the big customer': {
        send: () => get('/v1/extensions/count_by_customer', { customer_id: big.id }),
      },
      'count of a usual customer': {
        send: (n) => get('/v1/extensions/count_by_customer', { customer_id: one(n).customer }),
      },
      'change of a password': {
        send: (n) =>
          caller.call('PUT', `/v1/extensions/${one(n).id}`, { name: 'n', detail: '', password: `${run}${n}` }),
      },
      delete: { isOnce: true, send: (n) => caller.call('DELETE', `/v1/extensions/${doomed[n].id}`) },
      // The number of the one that was deleted: very many customers have an extension of that number.
      create: {
        isOnce: true,
        send: (n) => {
          const { customer: customer_id, extension } = doomed[n];
          const texts = { password: run, name: 'name', detail: '' };
          return caller.call('POST', '/v1/extensions', { customer_id, extension, ...texts });
        },
      },
    },
    contacts: {
      'contacts, cached': { warm: true, send: (n) => get('/v1/contacts', whose(n)) },
      'contacts, not cached': { send: (n) => get('/v1/contacts', whose(n)) },
      'contacts, refresh': { send: (n) => caller.call('PUT', '/v1/contacts', whose(n)) },
    },
    trunks: {
      'get by id, cached': { warm: true, send: (n) => get(`/v1/trunks/${trunk(n).id}`) },
      'get by id, not cached': { send: (n) => get(`/v1/trunks/${trunk(n).id}`) },
      'get by domain, not cached': { send: (n) => get(`/v1/trunks/domain_name/${trunk(n).domain_name}`) },
      'list of the big customer, first page': { send: () => page('trunks', '', living) },
      'list of the big customer, middle page': { send: () => page('trunks', tokens.trunks, living) },
      'count of the big customer': { send: () => get('/v1/trunks/count_by_customer', { customer_id: big.id }) },
    },
  };
}
