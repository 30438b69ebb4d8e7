import { compare, Tally } from './comparison';
import { recordedConversations, type Outcome } from './recording';

/** The comparison itself must be able to fail. */
describe('comparing with a recording', () => {
  const conversations = recordedConversations();
  const unexplained = async (change: (outcome: Outcome) => Outcome): Promise<number> => {
    const tally = new Tally();
    for (const conversation of conversations) {
      const changed = change(conversation);
      await compare(conversation, changed.replies, () => changed, tally);
    }
    return tally.unexplained.length;
  };

  it('finds nothing where nothing differs', async () => expect(await unexplained((outcome) => outcome)).toBe(0));

  it('finds each kind of difference that no rule explains', async () => {
    const all = conversations.length;
    const lost = await unexplained((outcome) => ({
      ...outcome,
      replies: outcome.replies.map((text) => text && 'no reply'),
    }));
    expect(lost).toBeGreaterThan(all / 2);
    const renamed = (text: string | null): string | null => text && text.replaceAll('"realm":"', '"realm":"x');
    expect(await unexplained((outcome) => ({ ...outcome, replies: outcome.replies.map(renamed) }))).toBeGreaterThan(
      all / 2,
    );
    expect(await unexplained((outcome) => ({ ...outcome, events: outcome.events.slice(1) }))).toBeGreaterThan(all / 2);
    const noLogins = (outcome: Outcome): Outcome => ({ ...outcome, rows: { ...outcome.rows, ps_auths: [] } });
    expect(await unexplained(noLogins)).toBeGreaterThan(all / 2);
  });
});
