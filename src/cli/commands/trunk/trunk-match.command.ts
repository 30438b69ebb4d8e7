import { command } from '../../command';
import { BIN_READS } from '../../needs';
import { fromDomain, fromUsername, source } from '../../options';
import { CommandError, UsageError } from '../../terminal/exit-code';
import { printable } from '../../terminal/table';
import { matchDetail, matchReply } from './trunk-match.view';

export const trunkMatch = command({
  words: 'trunk match',
  description: 'tell which trunk takes a call from an address, and by which rule',
  options: {
    source,
    domain: fromDomain,
    username: fromUsername,
  },
  notes: `
The rows that Kamailio reads decide, by the rules of its configuration in docs/sip.md: first the addresses, then the
digest. Without --domain the command names the trunks of all realms whose addresses hold the source: the domain of From
decides between them. It then reads all accounts, which takes seconds where there are a million. Exit code 0 when a
trunk takes the call, 1 when none does.
`,
  examples: [
    'trunk match --source 203.0.113.7',
    'trunk match --source 203.0.113.7 --domain acme-hq',
    'trunk match --source 203.0.113.7 --domain acme-hq --username acme --format json',
  ],
  async run(session, options) {
    const address = await session.prompt.require(source, options.source);
    const { domain, username: name } = options;
    if (name !== undefined && domain === undefined) throw new UsageError(['--username needs --domain']);
    const { trunks } = await session.open(BIN_READS);
    const request = { source: address, domain, username: name };
    const report = await trunks.match.find(request);
    session.output.one(matchReply(request, report), matchDetail(request, report));
    const { refusal } = report;
    if (refusal === undefined) return;
    const from = domain === undefined ? address : `${address} with the domain ${report.realm ?? domain}`;
    const lines = [`No trunk takes a call from ${from}: ${refusal.reason}.`, `-> ${refusal.advice}`];
    // A realm that another program stored may hold any text.
    throw new CommandError(lines.map((line) => printable(line.replace(/\s/g, ' '))).join('\n'));
  },
});
