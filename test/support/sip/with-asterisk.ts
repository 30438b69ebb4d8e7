import { World, type WorldOptions } from '../world';
import { Asterisk, type AsteriskOptions } from './asterisk';
import { Phone } from './phone';

export interface Site {
  readonly world: World;
  readonly asterisk: Asterisk;
  /** A phone with a socket of its own, closed after the test. */
  phone(): Promise<Phone>;
}

/** Opens a world and an Asterisk on its tables, before the tests of a file. */
export function withAsterisk(worldOptions: WorldOptions = {}, options: AsteriskOptions = {}): () => Site {
  let world: World | undefined;
  let asterisk: Asterisk | undefined;
  const phones: Phone[] = [];
  beforeAll(async () => {
    world = await World.open({ keepsReplyQueues: true, ...worldOptions });
    asterisk = await Asterisk.start(world.asterisk, options);
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((phone) => phone.close()));
  });
  afterAll(async () => {
    await asterisk?.close();
    await world?.close();
  });
  return () => {
    if (world === undefined || asterisk === undefined) throw new Error('the world or Asterisk did not open');
    const { port } = asterisk;
    const phone = async (): Promise<Phone> => {
      const opened = await Phone.connect(port);
      phones.push(opened);
      return opened;
    };
    return { world, asterisk, phone };
  };
}
