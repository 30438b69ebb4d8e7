import { World, type WorldOptions } from '../world';
import { Kamailio, type KamailioOptions } from './kamailio';
import { type Phone, Phones } from './phone';

export interface CallSite {
  readonly world: World;
  readonly kamailio: Kamailio;
  /** A phone with a socket of its own at this address, closed after the test. */
  phone(address?: string): Promise<Phone>;
}

/** Opens a world and a Kamailio on its tables, before the tests of a file. */
export function withKamailio(worldOptions: WorldOptions = {}, options: KamailioOptions = {}): () => CallSite {
  let world: World | undefined;
  let kamailio: Kamailio | undefined;
  const phones = new Phones();
  beforeAll(async () => {
    world = await World.open({ keepsReplyQueues: true, ...worldOptions });
    kamailio = await Kamailio.start(world.bin, options);
  });
  afterEach(() => phones.hangUp());
  afterAll(async () => {
    await kamailio?.close();
    await world?.close();
  });
  return () => {
    if (world === undefined || kamailio === undefined) throw new Error('the world or Kamailio did not open');
    const { port } = kamailio;
    return { world, kamailio, phone: (address) => phones.connect(port, address) };
  };
}
