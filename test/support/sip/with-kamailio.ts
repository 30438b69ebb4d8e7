import { World, type WorldOptions } from '../world';
import { Kamailio, type KamailioOptions } from './kamailio';
import { Phone } from './phone';

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
  const phones: Phone[] = [];
  beforeAll(async () => {
    world = await World.open({ keepsReplyQueues: true, ...worldOptions });
    kamailio = await Kamailio.start(world.bin, options);
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((phone) => phone.close()));
  });
  afterAll(async () => {
    await kamailio?.close();
    await world?.close();
  });
  return () => {
    if (world === undefined || kamailio === undefined) throw new Error('the world or Kamailio did not open');
    const { port } = kamailio;
    const phone = async (address?: string): Promise<Phone> => {
      const opened = await Phone.connect(port, address);
      phones.push(opened);
      return opened;
    };
    return { world, kamailio, phone };
  };
}
