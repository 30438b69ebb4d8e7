import { World, type WorldOptions } from './world';

/**
 * Opens a world before the tests of a file and closes it after them. A file that kills a service of it says that the
 * caller keeps no reply queues.
 */
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
