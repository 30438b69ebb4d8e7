import { NoReplyError } from '../support/caller';
import { registeredContact } from '../factories/contact.factory';
import { eventually } from '../support/conditions';
import { type Row, uuidToBinary } from '../support/database';
import { BillingManager, bodyless, type Behaviour } from '../support/peers';
import type { World } from '../support/world';
import { comparedEvents } from './comparison';
import { Labels } from './labels';
import type { Conversation, Outcome, Rows, Step } from './recording';

const ACCOUNT_NOT_FOUND: Behaviour = () => ({
  status_code: 404,
  data_type: 'voipbin_error',
  data: {
    status: 'NOT_FOUND',
    reason: 'BILLING_ACCOUNT_NOT_FOUND',
    domain: 'billing-manager',
    message: 'no account',
    details: [{ a: 1 }],
  },
});

const BILLING: Record<Conversation['peers'], Behaviour> = {
  ok: () => BillingManager.verdict(true),
  deny: BillingManager.denies,
  typed: ACCOUNT_NOT_FOUND,
  fail: bodyless(500),
};

/** Plays one recorded conversation against the running service and gathers what it left. */
export class Player {
  private readonly labels = new Labels();
  private readonly customers = [this.labels.value('c1'), this.labels.value('c2')];

  constructor(
    private readonly world: World,
    private readonly conversation: Conversation,
  ) {}

  /** What was answered, step by step. */
  async play(): Promise<Outcome['replies']> {
    for (const customer of this.customers) this.world.billing.behaveFor(customer, BILLING[this.conversation.peers]);
    const replies: (string | null)[] = [];
    for (const step of this.conversation.steps) replies.push(await this.take(step));
    return replies;
  }

  async left(): Promise<Pick<Outcome, 'events' | 'rows'>> {
    return { events: await this.events(), rows: await this.rows() };
  }

  private async take(step: Step): Promise<string | null> {
    if (step.contact) {
      await this.register(step.contact);
      return null;
    }
    if (step.deleted !== undefined) return this.deleteCustomer(this.labels.fill(step.deleted));
    const text = await this.request(step);
    this.remember(step, text);
    return this.labels.label(text);
  }

  private async request(step: Step): Promise<string> {
    const { method, uri, data, text } = { data: undefined, text: undefined, ...(step.send ?? step.raw!) };
    const body = text ?? (data === undefined ? undefined : JSON.stringify(data));
    const envelope =
      `{"uri":${JSON.stringify(uri)},"method":${JSON.stringify(method)},"publisher":"api-manager",` +
      `"data_type":"application/json"${body === undefined ? '' : `,"data":${body}`}}`;
    try {
      return (await this.world.caller.sendRaw(this.labels.fill(envelope))).text;
    } catch (error) {
      if (error instanceof NoReplyError) return 'no reply';
      throw error;
    }
  }

  private remember(step: Step, text: string): void {
    if (step.bind === undefined || text === 'no reply') return;
    const { data } = JSON.parse(text) as { data?: { id?: string; tm_create: string } };
    if (data?.id !== undefined) this.labels.bind(step.bind, { id: data.id, tm_create: data.tm_create });
  }

  private async register({ customer, extension, nulls }: NonNullable<Step['contact']>): Promise<void> {
    const contact = registeredContact(this.labels.fill(customer), extension, {
      expiration_time: 4_102_444_800,
      user_agent: 'UA/1',
      reg_server: 'a1',
      call_id: 'cid',
      ...(nulls === true ? { outbound_proxy: null, path: null } : {}),
    });
    const id = `${String(contact['endpoint'])}^3B@1`;
    if ((await this.world.asterisk.count('ps_contacts', 'id = ?', [id])) > 0) return;
    await this.world.asterisk.insert('ps_contacts', { ...contact, id });
  }

  private async deleteCustomer(customerId: string): Promise<string> {
    const key = [uuidToBinary(customerId)];
    const alive = async (): Promise<number> =>
      (await this.world.bin.count('registrar_extensions', 'customer_id = ? AND tm_delete IS NULL', key)) +
      (await this.world.bin.count('registrar_trunks', 'customer_id = ? AND tm_delete IS NULL', key));
    await this.world.customers.publish('customer_deleted', { id: customerId });
    await eventually('the customer being gone', async () => (await alive()) === 0);
    return `alive ${await alive()}`;
  }

  private async events(): Promise<string[]> {
    const seen = (): string[] => this.customers.flatMap((id) => this.world.events.of(id).map((event) => event.text));
    const compared = (events: readonly string[]): number => comparedEvents(this.conversation, events).length;
    const expected = compared(this.conversation.events);
    await eventually('the events', () => compared(seen()) >= expected, { timeoutMs: 1500 }).catch(() => undefined);
    return seen()
      .map((text) => this.labels.label(text, { anyTime: true }))
      .sort();
  }

  private async rows(): Promise<Rows> {
    const { bin, asterisk } = this.world;
    const rows: Rows = {};
    const sipAuths = { registrar_extensions: 'sip_ext', registrar_trunks: 'sip_trunk' };
    for (const [table, sipTable] of Object.entries(sipAuths)) {
      const records = await bin.rows(
        `SELECT * FROM ${table} WHERE customer_id IN (?, ?) ORDER BY tm_create, id`,
        this.customers.map((id) => uuidToBinary(id)),
      );
      rows[table] = records;
      const credentials = await Promise.all(
        records.map((record) =>
          bin.rows('SELECT * FROM registrar_sip_auths WHERE id = ?', [uuidToBinary(String(record['id']))]),
        ),
      );
      rows[sipTable] = credentials.flat();
    }
    for (const table of ['ps_aors', 'ps_auths', 'ps_endpoints', 'ps_contacts']) {
      const found = this.customers.map((id) =>
        asterisk.rows(`SELECT * FROM ${table} WHERE id LIKE ? ORDER BY id`, [`%@${id}.%`]),
      );
      rows[table] = (await Promise.all(found)).flat();
    }
    for (const table of Object.keys(rows)) rows[table] = rows[table]!.map((row) => this.labelled(row));
    return rows;
  }

  private labelled(row: Row): Row {
    const shown = Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([column, value]) => [column, column.startsWith('tm_') ? '{{t}}' : value]);
    return JSON.parse(this.labels.label(JSON.stringify(Object.fromEntries(shown)), { anyTime: true })) as Row;
  }
}
