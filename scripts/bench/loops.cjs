'use strict';
// The two ways to send load. Both return what they measured: all requests, the failed ones among them, and the
// latencies of the others in milliseconds.

class Latencies {
  #values = new Float64Array(1_024);
  #count = 0;

  add(value) {
    if (this.#count === this.#values.length) {
      const longer = new Float64Array(2 * this.#count);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#count++] = value;
  }

  get all() {
    return this.#values.subarray(0, this.#count);
  }
}

/** Each caller sends its next request when the last one is answered, while there is one. */
async function closedLoop(send, next, { callers, seconds }) {
  const latencies = new Latencies();
  const startedAt = performance.now();
  const end = startedAt + seconds * 1_000;
  let requests = 0;
  let failures = 0;
  const caller = async () => {
    for (let sentAt = performance.now(); sentAt < end; sentAt = performance.now()) {
      const request = next();
      if (request === undefined) return;
      requests++;
      await send(request).then(
        () => latencies.add(performance.now() - sentAt),
        () => failures++,
      );
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsedSeconds = (performance.now() - startedAt) / 1_000;
  return { requests, failures, elapsedSeconds, latencies: latencies.all };
}

/** Times of arrival in milliseconds, at random (Poisson) with `rate` per second on average. */
function arrivals(rate, seconds, random) {
  const times = [];
  for (let at = 0; ;) {
    at += (-Math.log(1 - random()) / rate) * 1_000;
    if (at >= seconds * 1_000) return times;
    times.push(at);
  }
}

/**
 * Requests are sent at their times, whether earlier ones are answered or not. A latency counts from the time at which
 * the request should have been sent, so a wait for the service or for this process is part of it.
 */
async function openLoop(send, next, { rate, seconds, random = Math.random }) {
  const times = arrivals(rate, seconds, random);
  const latencies = new Latencies();
  const lateness = new Latencies();
  const replies = [];
  const startedAt = performance.now();
  let failures = 0;
  let sent = 0;
  const sendDue = () => {
    for (; sent < times.length && startedAt + times[sent] <= performance.now(); sent++) {
      const request = next();
      if (request === undefined) {
        times.length = sent;
        return;
      }
      const due = startedAt + times[sent];
      lateness.add(performance.now() - due);
      const reply = send(request).then(
        () => latencies.add(performance.now() - due),
        () => failures++,
      );
      // A reply is also an occasion to send: a timer alone is up to a millisecond late.
      replies.push(reply.then(sendDue));
    }
  };
  while (sent < times.length) {
    sendDue();
    const wait = startedAt + (times[sent] ?? 0) - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
  }
  for (let settled = 0; settled < replies.length; settled++) await replies[settled];
  const elapsedSeconds = (performance.now() - startedAt) / 1_000;
  return { requests: sent, failures, elapsedSeconds, latencies: latencies.all, lateness: lateness.all };
}

module.exports = { closedLoop, arrivals, openLoop };
