import { World, type WorldOptions } from './world';

/** Opens a world before the tests of a file and closes it after them. Its services run until the tests stop them. */
export function withWorld(options: WorldOptions = {}): () => World {
  let world: World | undefined;
  beforeAll(async () => {
    world = await World.open({ keepsReplyQueues: true, ...options });
  });
  afterAll(async () => {
    await world?.close();
  });
  return () => {
    if (!world) throw new Error('the world did not open');
    return world;
  };
}
