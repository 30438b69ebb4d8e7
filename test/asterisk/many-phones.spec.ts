import { setTimeout as pause } from 'node:timers/promises';
import { fewAtOnce } from '../support/conditions';
import { withAsterisk } from '../support/sip/with-asterisk';
import { freshId } from '../support/world';
import { Line, LinePhone } from './support/line';
import { LoginHistory } from './support/login-history';

const CUSTOMERS = 8;
const LINES = 400;
const PHONES = 1_000;
const CHANGES = 300;
const RENUMBERS = 4;
const REGISTERING = 12;
const CHANGING = 6;
/** A REGISTER under way is at any point of its way when the change comes. */
const AHEAD_MS = 20;

jest.setTimeout(180_000);

const chance = (share: number): boolean => Math.random() < share;
const anyOf = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];

describe('1,000 phones that register while the service changes their extensions', () => {
  const site = withAsterisk({ environment: { LOG_LEVEL: 'info', RECONCILE_INTERVAL_SECONDS: '0' } });
  const history = new LoginHistory();
  const lines: Line[] = [];
  const phones: LinePhone[] = [];
  const changed = new Set<Line>();
  const listedAfterDelete: string[] = [];
  let left = CHANGES;

  async function open(): Promise<void> {
    const customers = Array.from({ length: CUSTOMERS }, freshId);
    for (let n = 0; n < LINES; n++) {
      // Every customer has the same numbers.
      const number = String(2_000 + Math.floor(n / CUSTOMERS));
      lines.push(new Line(site().world, history, customers[n % CUSTOMERS] ?? '', number));
    }
    await fewAtOnce(lines, (line) => line.create());
    for (let n = 0; n < PHONES; n++) {
      const line = lines[n % LINES] as Line;
      const phone = new LinePhone(await site().phone(), line, line.credential);
      line.phones.push(phone);
      phones.push(phone);
    }
  }

  async function keepRegistering(): Promise<void> {
    while (left > 0) {
      const phone = anyOf(phones.filter(({ isBusy }) => !isBusy));
      const isIn = await phone?.register(phone.typed, chance(0.05) ? 0 : undefined);
      if (isIn === false && chance(0.8)) phone!.typed = phone!.line.credential;
    }
  }

  /** Makes a change while a phone registers, and lets others try the former and the new password right after it. */
  async function change(line: Line, make: () => Promise<void>): Promise<void> {
    changed.add(line);
    const former = line.credential;
    const underWay = chance(0.7) && line.idle[0]?.register(former);
    await pause(Math.random() * AHEAD_MS);
    await make();
    const [one, other] = line.idle;
    await Promise.all([one?.register(former), other?.register(line.credential), underWay]);
    changed.delete(line);
  }

  async function remove(line: Line): Promise<void> {
    const { number } = line.credential;
    await line.contacts(number);
    const beside = line.contacts(number);
    await line.delete();
    listedAfterDelete.push(...(await line.contacts(number)).map(({ uri }) => uri));
    await beside;
  }

  async function keepChanging(): Promise<void> {
    for (; left > 0; left--) {
      const line = anyOf(lines.filter((one) => !changed.has(one)));
      if (line === undefined) continue;
      await change(line, () => {
        if (!line.isThere) return line.create();
        return chance(0.4) ? remove(line) : line.changePassword();
      });
    }
  }

  async function keepRenumbering(): Promise<void> {
    for (let n = 0; n < RENUMBERS; n++) {
      const line = anyOf(lines.filter((one) => one.isThere && !changed.has(one)));
      if (line !== undefined) await change(line, () => line.renumber(`${line.credential.number}+`));
    }
  }

  /** The present number of a line and those that it had. */
  const numbersOf = (line: Line): string[] => {
    const { number } = line.credential;
    const first = number.replaceAll('+', '');
    return Array.from({ length: number.length - first.length + 1 }, (_, renumbers) => first + '+'.repeat(renumbers));
  };

  /** Contacts at a number that the service lists and should not, or does not list and should. */
  async function wrongContacts(line: Line, number: string): Promise<string[]> {
    const listed = new Set((await line.contacts(number, { isRefreshed: true })).map(({ uri }) => uri));
    const endpointId = line.endpointOf(number);
    const wrong = line.phones.filter((phone) => {
      const attempts = phone.attempts.filter((attempt) => attempt.endpointId === endpointId);
      const isListed = listed.delete(phone.uriAt(number));
      return history.listingAfter(endpointId, attempts) === (isListed ? 'absent' : 'listed');
    });
    return [...wrong.map((phone) => phone.uriAt(number)), ...listed].map((uri) => `${uri} at ${endpointId}`);
  }

  beforeAll(async () => {
    await open();
    await fewAtOnce(phones, (phone) => phone.register(), REGISTERING);
    const changes = [keepRenumbering(), ...Array.from({ length: CHANGING }, keepChanging)];
    await Promise.all([...changes, ...Array.from({ length: REGISTERING }, keepRegistering)]);
  });

  it('accepts whom it should and refuses whom it should', () => {
    const judged = phones
      .flatMap(({ attempts }) => attempts)
      .map((attempt) => ({ attempt, right: history.answerTo(attempt) }));
    const wrong = judged.filter(({ attempt: { status }, right }) => {
      const answer = status === 200 ? 'accepted' : 'refused';
      return status !== undefined && right !== 'either' && right !== answer;
    });
    expect(wrong).toEqual([]);
    const share = (matches: (one: (typeof judged)[number]) => boolean): number =>
      judged.filter(matches).length / judged.length;
    expect(share(({ right }) => right === 'accepted')).toBeGreaterThan(0.3);
    expect(share(({ right }) => right === 'refused')).toBeGreaterThan(0.05);
    expect(share(({ attempt }) => attempt.status === undefined)).toBeLessThan(0.01);
  });

  it('lists exactly the phones that are registered', async () => {
    expect(listedAfterDelete).toEqual([]);
    const numbers = lines.flatMap((line) => numbersOf(line).map((number) => ({ line, number })));
    const wrong = await fewAtOnce(numbers, ({ line, number }) => wrongContacts(line, number));
    expect(wrong.flat()).toEqual([]);
  });
});
