// The process that sends load, so that it is not part of what is measured.
import { answer } from './child.mjs';
import { GoCaller, REQUEST_QUEUE, SharedCaller, ask } from './callers.mjs';
import { closedLoop, openLoop } from './loops.cjs';
import { EXTENSIONS, OPERATIONS, Requests, makeCustomer } from './operations.mjs';
import { percentile } from './statistics.cjs';

const STOCK_CALLERS = 20;
const callers = {};
const serviceRequests = (caller) => (request) => ask(caller, REQUEST_QUEUE, request);
let customers;
/** Requests and their number so far, by what answers them: each has extensions of its own to delete. */
const answering = new Map();

function requestsOf(target) {
  if (!answering.has(target)) {
    const served = Object.fromEntries(OPERATIONS.map((operation) => [operation, 0]));
    answering.set(target, { requests: new Requests(customers), served });
  }
  return answering.get(target);
}

const nextOf = ({ requests, served }, operation) => requests.next(operation, served[operation]++);

function summary({ requests, failures, elapsedSeconds, latencies, lateness }) {
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => percentile(latencies, share));
  const late = lateness ? { lateP50: percentile(lateness, 0.5), lateP99: percentile(lateness, 0.99) } : {};
  const perSecond = (requests - failures) / elapsedSeconds;
  return { requests, failures, perSecond, elapsedSeconds, p50, p99, p999, ...late };
}

answer({
  async open({ name, address }) {
    const Caller = name === 'go' ? GoCaller : SharedCaller;
    callers[name] = await Caller.open(address);
  },

  /** Makes and returns the customers. */
  async prepare() {
    const send = serviceRequests(callers.shared);
    customers = { read: await makeCustomer(send), changed: await makeCustomer(send) };
    return customers;
  },

  /** A reply to each kind of request. Afterwards every record and every contact list is cached. */
  async sampleReplies() {
    const { requests } = requestsOf('samples');
    const replies = {};
    for (let n = 0; n < EXTENSIONS; n++) {
      for (const kind of ['get', 'contacts']) await serviceRequests(callers.shared)(requests.next(kind, n));
    }
    for (const kind of ['get', 'list', 'contacts', 'update', 'create', 'delete']) {
      replies[kind] = await serviceRequests(callers.shared)(requests.next(kind, 0));
    }
    return replies;
  },

  /** Creates extensions until there are `count` to delete. */
  async stock({ target, queues, count }) {
    const state = requestsOf(target);
    let missing = count - state.requests.created;
    const next = () => (missing-- > 0 ? nextOf(state, 'create') : undefined);
    const send = (request) => ask(callers.shared, queues[request.kind], request);
    await closedLoop(send, next, { callers: STOCK_CALLERS, seconds: Infinity });
  },

  /** `queues` gives the queue for each kind of request. */
  async run({ target, operation, queues, caller, loop, ...settings }) {
    const state = requestsOf(target);
    const send = (request) => ask(callers[caller], queues[request.kind], request);
    const cpu = process.cpuUsage();
    const run = loop === 'open' ? openLoop : closedLoop;
    const part = await run(send, () => nextOf(state, operation), settings);
    const { user, system } = process.cpuUsage(cpu);
    return { ...summary(part), busy: (user + system) / 1e6 / part.elapsedSeconds };
  },
});
