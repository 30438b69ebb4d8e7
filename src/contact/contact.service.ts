import { Injectable } from '@nestjs/common';
import { AsteriskService } from '../asterisk/asterisk.service';
import { endpointIdentity } from '../asterisk/endpoint-identity';
import { Cache } from '../platform/cache/cache';
import { Config } from '../platform/config/config';
import { Transactions } from '../platform/database/transactions';
import { toContactReply, type ContactReply, type ContactsDto } from './contact.dto';

const CACHE = 'contacts';
const TTL_SECONDS = 180;
/** Asterisk prunes every 30 s; a row that ended longer ago than this was left behind. */
const EXPIRED_GRACE_SECONDS = 60;

/** Who is registered right now. */
@Injectable()
export class ContactService {
  constructor(
    private readonly config: Config,
    private readonly asterisk: AsteriskService,
    private readonly cache: Cache,
    private readonly transactions: Transactions,
  ) {}

  /** Nobody registered, or no such extension: an empty list. */
  async list(request: ContactsDto): Promise<ContactReply[]> {
    const endpoint = this.endpointOf(request);
    const load = async (): Promise<ContactReply[]> => (await this.asterisk.listContacts(endpoint)).map(toContactReply);
    const cached = await this.cache.remember(CACHE, keyOf(endpoint), TTL_SECONDS, load, (contacts) =>
      isFoundByKey(contacts, endpoint),
    );
    const contacts = isContactList(cached) ? cached : await load();
    const oldest = Date.now() / 1_000 - EXPIRED_GRACE_SECONDS;
    return contacts.filter(({ expiration_time: end }) => end === 0 || end >= oldest);
  }

  /** The next look-up reads the database. Called at every change of a registration, so it does nothing else. */
  async refresh(request: ContactsDto): Promise<void> {
    await this.cache.forget([keyOf(this.endpointOf(request))]);
  }

  /** Ends the registrations: nobody is reached until the devices register again. */
  async flush(request: ContactsDto): Promise<void> {
    const endpoint = this.endpointOf(request);
    await this.transactions.asterisk((asterisk) => this.asterisk.dropContacts(asterisk, endpoint));
    await this.cache.forget([keyOf(endpoint)]);
  }

  private endpointOf({ customerId, extension }: ContactsDto): string {
    return endpointIdentity(customerId, extension, this.config.domainNameExtension).endpointId;
  }
}

/** The key is shared with the original and lives for minutes: what is no list of contacts must not fail a dial. */
function isContactList(cached: unknown): cached is ContactReply[] {
  return Array.isArray(cached) && cached.every((entry) => typeof entry === 'object' && entry !== null);
}

/** The database finds `ABC` by `abc`, too; a change drops the key of the one spelling alone, so no other key may hold it. */
function isFoundByKey(contacts: readonly ContactReply[], endpoint: string): boolean {
  return contacts.every((contact) => contact.endpoint === endpoint);
}

function keyOf(endpoint: string): string {
  return `ast_contacts:${endpoint}`;
}
