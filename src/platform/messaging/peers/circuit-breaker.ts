import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import type { BreakerState, Metrics } from '../../observability/metrics/metrics';

const FAILURES_TO_OPEN = 5;
const OPEN_FOR_MS = 30_000;

/** The circuit is open after five calls in a row without an answer, or half-open while its one probe is under way. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
}

/** The breaker of one target queue (contract §1.8). Only transport failures count; any parsed reply is a success. */
export class CircuitBreaker {
  private readonly policy: CircuitBreakerPolicy;
  private previous: BreakerState = 'closed';

  constructor(
    private readonly target: string,
    private readonly metrics: Metrics,
    counts: (error: Error) => boolean = () => true,
  ) {
    this.policy = circuitBreaker(handleWhen(counts), {
      halfOpenAfter: OPEN_FOR_MS,
      breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    });
    this.policy.onStateChange((state) => {
      const next = nameOf(state);
      if (next === this.previous) return;
      this.metrics.breakerTransition(this.target, this.previous, next);
      this.previous = next;
    });
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    // The library would let other calls wait for the end of the probe; the contract rejects them.
    if (this.policy.state === CircuitState.HalfOpen) return this.reject();
    try {
      return await this.policy.execute(call);
    } catch (error) {
      if (error instanceof BrokenCircuitError) return this.reject();
      throw error;
    }
  }

  private reject(): never {
    this.metrics.breakerRejected(this.target);
    throw new CircuitOpen(`the circuit to ${this.target} is open`);
  }
}

function nameOf(state: CircuitState): BreakerState {
  if (state === CircuitState.Open || state === CircuitState.Isolated) return 'open';
  return state === CircuitState.HalfOpen ? 'half-open' : 'closed';
}
