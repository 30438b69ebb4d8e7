import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const EXTENSIONS = 50;
const CALLERS = 50;
const CHANGES = 40;

describe('many changes at once', () => {
  const world = withWorld();

  it('are announced at once, each one time and in its order', async () => {
    const { caller, events, bin } = world();
    const customer = freshId();
    const made: ExtensionData[] = [];
    for (let n = 0; n < EXTENSIONS; n++)
      made.push(
        extensionOf(await caller.post('/v1/extensions', createExtension(customer, { extension: `${2000 + n}` }))),
      );
    const change = async (callerOf: number): Promise<void> => {
      for (let n = 0; n < CHANGES; n++) {
        const body = { name: `${callerOf}-${n}`, detail: '', password: `pw-${callerOf}-${n}` };
        extensionOf(await caller.put(`/v1/extensions/${made[(callerOf + n) % EXTENSIONS]?.id}`, body));
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, at) => change(at)));
    await eventually('no event waiting', async () => (await bin.count('registrar_outbox')) === 0, { timeoutMs: 2_000 });
    const heard = (): typeof events.events =>
      events.events.filter(({ type, data }) => type === 'extension_updated' && data['customer_id'] === customer);
    await eventually('all events', () => heard().length >= CALLERS * CHANGES);

    const updates = heard();
    expect(new Set(updates.map(({ data }) => data['name'])).size).toBe(CALLERS * CHANGES);
    expect(updates).toHaveLength(CALLERS * CHANGES);
    for (const { id } of made) {
      const times = updates.filter(({ data }) => data['id'] === id).map(({ data }) => String(data['tm_update']));
      // A fraction has no zeros at its end, so the texts sort as the times only without the Z.
      expect(times).toEqual(times.toSorted((a, b) => a.replace('Z', '').localeCompare(b.replace('Z', ''))));
    }
  }, 60_000);
});
