import { randomUUID } from 'node:crypto';
import { result } from '../../cli/control';
import { createExtension } from '../../factories/extension.factory';
import type { Registration, SipAnswer } from '../../support/sip/phone';
import { extensionOf, type ExtensionData, type Reply } from '../../support/envelope';
import type { World } from '../../support/world';
import type { Attempt, LoginHistory } from './login-history';

const EXPIRES = 3_600;
const now = (): number => performance.now();

interface Credential {
  readonly number: string;
  readonly password: string;
}

interface Registering {
  readonly address: string;
  register(registration: Registration): Promise<SipAnswer>;
}

/** A number of a customer, its phones, and every change that the test makes to it. */
export class Line {
  readonly phones: LinePhone[] = [];
  credential: Credential;
  private id: string | undefined;

  constructor(
    private readonly world: World,
    readonly history: LoginHistory,
    private readonly customerId: string,
    number: string,
  ) {
    this.credential = { number, password: randomUUID() };
  }

  get isThere(): boolean {
    return this.id !== undefined;
  }

  /** The phones that send nothing now. */
  get idle(): LinePhone[] {
    return this.phones.filter(({ isBusy }) => !isBusy);
  }

  endpointOf(number: string): string {
    return `${number}@${this.realm}`;
  }

  get realm(): string {
    return `${this.customerId}.${this.world.environment()['DOMAIN_NAME_EXTENSION']}`;
  }

  async create(): Promise<void> {
    const { number: extension } = this.credential;
    const request = createExtension(this.customerId, { extension, password: randomUUID() });
    const create = (): Promise<Reply> => this.world.caller.post('/v1/extensions', request);
    const { id } = await this.changing({ number: extension, password: request.password }, async () =>
      extensionOf(await create()),
    );
    this.id = id;
  }

  async changePassword(): Promise<void> {
    const password = randomUUID();
    const body = { name: 'front desk', detail: '', password };
    await this.changing({ ...this.credential, password }, async () =>
      extensionOf(await this.world.caller.put(`/v1/extensions/${this.id}`, body)),
    );
  }

  async delete(): Promise<void> {
    const { id } = this;
    this.id = undefined;
    await this.changing(undefined, async () => extensionOf(await this.world.caller.delete(`/v1/extensions/${id}`)));
  }

  /** Only the command changes a number. */
  async renumber(number: string): Promise<void> {
    const args = ['extension', 'update', '--id', this.id ?? '', '--extension-number', number];
    const environment = { ...this.world.environment(), LOG_LEVEL: '' };
    await this.changing({ ...this.credential, number }, () => result<ExtensionData>(args, { environment }));
  }

  /** The contacts that the service lists; refreshed as after a change of a registration. */
  async contacts(number: string, { isRefreshed = false } = {}): Promise<{ readonly uri: string }[]> {
    const { caller } = this.world;
    const asked = { customer_id: this.customerId, extension: number };
    if (isRefreshed) await caller.put('/v1/contacts', asked);
    return (await caller.get('/v1/contacts', asked)).data as { uri: string }[];
  }

  private async changing(next: Credential | undefined, change: () => Promise<ExtensionData>): Promise<ExtensionData> {
    const { number } = this.credential;
    const begun = now();
    const changed = await change();
    const span = { begun, ended: now() };
    if (next?.number !== number) this.history.note(this.endpointOf(number), { ...span, password: undefined });
    if (next === undefined) return changed;
    this.history.note(this.endpointOf(next.number), { ...span, password: next.password });
    this.credential = next;
    return changed;
  }
}

/** A phone of a line. It registers with what its user typed last. */
export class LinePhone {
  isBusy = false;
  readonly attempts: Attempt[] = [];
  private readonly address: string;

  constructor(
    private readonly phone: Registering,
    readonly line: Line,
    public typed: Credential,
  ) {
    this.address = phone.address;
  }

  uriAt(number: string): string {
    return `sip:${number}@${this.address}`;
  }

  /** True when Asterisk accepted it. */
  async register({ number, password }: Credential = this.typed, expires = EXPIRES): Promise<boolean> {
    this.isBusy = true;
    const registration = { user: number, domain: this.line.realm, username: number, password, expires };
    const begun = now();
    const status = await this.phone.register(registration).then(
      (answer) => answer.status,
      () => undefined,
    );
    this.attempts.push({ endpointId: this.line.endpointOf(number), password, expires, status, begun, ended: now() });
    this.isBusy = false;
    return status === 200;
  }
}
