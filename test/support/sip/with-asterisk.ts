import { createExtension, type CreateExtension } from '../../factories/extension.factory';
import { extensionOf, type ExtensionData } from '../envelope';
import { freshId, World, type WorldOptions } from '../world';
import { Asterisk, type AsteriskOptions } from './asterisk';
import { type Phone, Phones, type Registration } from './phone';

/** A registered phone as `GET /v1/contacts` lists it. */
export interface ListedContact {
  readonly id: string;
  readonly uri: string;
  readonly expiration_time: number;
  readonly user_agent: string;
  readonly endpoint: string;
}

/** A world and an Asterisk on its tables. */
export class Site {
  private readonly phones = new Phones();

  constructor(
    readonly world: World,
    readonly asterisk: Asterisk,
  ) {}

  /** A phone with a socket of its own, closed after the test. */
  phone(): Promise<Phone> {
    return this.phones.connect(this.asterisk.port);
  }

  /** Creates an extension by RPC; of a customer of its own unless the changes name one. */
  async create(changes: Partial<CreateExtension> = {}): Promise<ExtensionData> {
    return extensionOf(await this.world.caller.post('/v1/extensions', createExtension(freshId(), changes)));
  }

  async changePassword({ id }: ExtensionData, password: string): Promise<ExtensionData> {
    return extensionOf(await this.world.caller.put(`/v1/extensions/${id}`, { name: '', detail: '', password }));
  }

  async delete({ id }: ExtensionData): Promise<void> {
    extensionOf(await this.world.caller.delete(`/v1/extensions/${id}`));
  }

  /** The status of the last answer to a REGISTER of a new phone that is set up for the extension. */
  async register(extension: ExtensionData, changes: Partial<Registration> = {}): Promise<number> {
    const phone = await this.phone();
    return (await phone.register({ ...settingsFor(extension), ...changes })).status;
  }

  /** Who is registered, as a caller learns it after Asterisk announced a change. */
  async contactsOf({ customer_id, extension }: ExtensionData): Promise<ListedContact[]> {
    await this.world.caller.put('/v1/contacts', { customer_id, extension });
    const { data } = await this.world.caller.get('/v1/contacts', { customer_id, extension });
    return data as ListedContact[];
  }

  hangUp(): Promise<void> {
    return this.phones.hangUp();
  }
}

/** What a person types into a phone. */
export function settingsFor({ extension, realm, username, password }: ExtensionData): Registration {
  return { user: extension, domain: realm, username, password };
}

/** Opens a site before the tests of a file. */
export function withAsterisk(worldOptions: WorldOptions = {}, options: AsteriskOptions = {}): () => Site {
  let world: World | undefined;
  let site: Site | undefined;
  beforeAll(async () => {
    world = await World.open({ keepsReplyQueues: true, ...worldOptions });
    site = new Site(world, await Asterisk.start(world.asterisk, options));
  });
  afterEach(() => site?.hangUp());
  afterAll(async () => {
    await site?.asterisk.close();
    await world?.close();
  });
  return () => {
    if (site === undefined) throw new Error('the world or Asterisk did not open');
    return site;
  };
}
