import { withWorld } from '../support/with-world';
import { compare, Tally } from './comparison';
import { Player } from './player';
import { recordedConversations, type Conversation } from './recording';

const AT_ONCE = 6;

/** Conversations recorded from the original, played again; each difference must follow from the design. */
describe('measured against the original', () => {
  const world = withWorld();

  it('no difference is unexplained', async () => {
    const conversations = recordedConversations();
    const tally = new Tally();
    const waiting = [...conversations];
    const playNext = async (): Promise<void> => {
      for (let next: Conversation | undefined; (next = waiting.shift());) {
        const player = new Player(world(), next);
        await compare(next, await player.play(), () => player.left(), tally);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, playNext));
    process.stdout.write(`${conversations.length} recorded conversations played:\n${tally.report()}\n`);

    expect(tally.unexplained.slice(0, 20)).toEqual([]);
    expect(tally.counts.get('requests')).toBe(
      conversations.reduce((sum, { steps }) => sum + steps.filter(({ contact }) => !contact).length, 0),
    );
  }, 240_000);
});
