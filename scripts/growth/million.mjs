// Sends very many requests, and compares the memory in use after the first tenth with that at the end.
import { bigCustomer, sampleOf } from './sample.mjs';

const CALLERS = 20;
const NUMBERS = 300;

/** Of twenty requests, one is a change, and one of a hundred a create or a delete; the others read. */
function requestsOn({ caller }, sample) {
  const run = Date.now().toString(36);
  const made = [];
  const get = (uri, data) => caller.call('GET', uri, data);
  const create = async (n, customer_id) => {
    const data = { customer_id, extension: `${run}${n}`, password: 'pw', name: '', detail: '' };
    made.push((await caller.call('POST', '/v1/extensions', data)).id);
  };
  return (n) => {
    const { id, customer: customer_id, extension } = sample[n % sample.length];
    if (n % 200 === 0) return create(n, customer_id);
    if (n % 200 === 100) return made.length > 0 ? caller.call('DELETE', `/v1/extensions/${made.shift()}`) : undefined;
    if (n % 20 === 1) return caller.call('PUT', `/v1/extensions/${id}`, { name: `n${n}`, detail: '', password: '' });
    if (n % 10 === 2) return get('/v1/extensions?page_token=&page_size=100', { customer_id, deleted: false });
    if (n % 10 === 3) return get(`/v1/extensions/extension/${extension}`, { customer_id });
    if (n % 3 === 0) return get('/v1/contacts', { customer_id, extension });
    return get(`/v1/extensions/${id}`);
  };
}

async function send(request, from, until) {
  let next = from;
  let failures = 0;
  const call = async () => {
    while (next < until) await Promise.resolve(request(next++)).catch(() => failures++);
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return failures;
}

export async function million(installation, { requests, say }) {
  const big = await bigCustomer(installation.sql);
  const table = `${installation.databases.bin}.registrar_extensions`;
  const request = requestsOn(installation, await sampleOf(installation.sql, table, 'extension', big, NUMBERS));
  const part = requests / 10;
  const points = [];
  let failures = 0;
  const startedAt = performance.now();
  for (let n = 0; n < 10; n++) {
    failures += await send(request, n * part, (n + 1) * part);
    const { heapUsed, external, rss } = await installation.heap.afterCollection();
    points.push({ requests: (n + 1) * part, heapUsed, external, rss });
    say(
      `${(n + 1) * part} requests: ${(heapUsed / 2 ** 20).toFixed(2)} MB in use, ${(rss / 2 ** 20).toFixed(0)} MB resident`,
    );
  }
  const [first, last] = [points[0], points.at(-1)];
  const grown = last.heapUsed + last.external - first.heapUsed - first.external;
  return { requests, failures, seconds: (performance.now() - startedAt) / 1_000, points, grown };
}
