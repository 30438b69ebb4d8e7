import { compare, Tally } from './comparison';
import { recordedConversations, type Conversation, type Outcome } from './recording';

/** The comparison itself must be able to fail. */
describe('comparing with a recording', () => {
  const conversations = recordedConversations();
  const unexplained = (change: (outcome: Outcome, conversation: Conversation) => Outcome): number => {
    const tally = new Tally();
    for (const conversation of conversations) {
      const { replies, events, rows } = conversation;
      compare(conversation, change({ replies, events, rows }, conversation), tally);
    }
    return tally.unexplained.length;
  };

  it('finds nothing where nothing differs', () => expect(unexplained((outcome) => outcome)).toBe(0));

  it('finds each kind of difference that no rule explains', () => {
    const all = conversations.length;
    const lost = unexplained((outcome) => ({ ...outcome, replies: outcome.replies.map((text) => text && 'no reply') }));
    expect(lost).toBeGreaterThan(all / 2);
    const renamed = (text: string | null): string | null => text && text.replaceAll('"realm":"', '"realm":"x');
    expect(unexplained((outcome) => ({ ...outcome, replies: outcome.replies.map(renamed) }))).toBeGreaterThan(all / 2);
    expect(unexplained((outcome) => ({ ...outcome, events: outcome.events.slice(1) }))).toBeGreaterThan(all / 2);
    const noLogins = (outcome: Outcome): Outcome => ({ ...outcome, rows: { ...outcome.rows, ps_auths: [] } });
    expect(unexplained(noLogins)).toBeGreaterThan(all / 2);
  });
});
