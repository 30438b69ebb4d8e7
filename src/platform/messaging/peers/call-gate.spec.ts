import { CallGate } from './call-gate';

interface Held {
  readonly gate: CallGate;
  rebuild(): Promise<unknown>;
  connect(): void;
}

function open(): Held {
  const held: Partial<Record<'rebuild', () => Promise<unknown>> & Record<'connect', () => void>> = {};
  const gate = new CallGate({
    beforeRebuild: (prepare) => void (held.rebuild = () => prepare(5_000)),
    onConnect: (listener) => void (held.connect = listener),
  });
  return { gate, ...held } as Held;
}

describe('the gate before calls', () => {
  it('is open until the connection is replaced, and again after that', async () => {
    const { gate, rebuild, connect } = open();
    await gate.opened(0);
    await rebuild();
    let isOpen = false;
    const waiting = gate.opened(5_000).then(() => (isOpen = true));
    await new Promise(setImmediate);
    expect(isOpen).toBe(false);
    connect();
    await waiting;
    expect(isOpen).toBe(true);
    await gate.opened(0);
  });

  it('keeps nobody longer than the time left', async () => {
    const { gate, rebuild } = open();
    await rebuild();
    await gate.opened(10);
  });

  it('lets the calls on the way end first, well or badly', async () => {
    const { gate, rebuild } = open();
    let end = (): void => undefined;
    void gate.track(() => new Promise<void>((resolve) => (end = resolve)));
    await expect(gate.track(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    let isReady = false;
    const ready = rebuild().then(() => (isReady = true));
    await new Promise(setImmediate);
    expect(isReady).toBe(false);
    end();
    await ready;
    expect(isReady).toBe(true);
  });
});
