import { Injectable } from '@nestjs/common';
import { AsteriskContacts } from '../asterisk/asterisk.contacts';
import { endpointIdentity } from '../asterisk/endpoint-identity';
import { ExtensionReader } from '../extension/extension.reader';
import { Cache } from '../platform/cache/cache';
import { Config } from '../platform/config/config';
import { Transactions } from '../platform/database/transactions';
import { ServiceError } from '../platform/errors/service-error';
import { RequestContext, currentContext, remainingMs, runInContext } from '../platform/observability/request-context';
import { CONTACTS_CACHE, cachedContacts, contactsKey, lifetimeSeconds, living } from './contact.cache';
import { toContactReply, type ContactReply, type ContactsDto } from './contact.dto';

/** Limit for reading the record, so that time is left to read the contacts when the bin database does not answer. */
const RECORD_MS = 800;

/** The devices that are registered now. */
@Injectable()
export class ContactService {
  constructor(
    private readonly config: Config,
    private readonly extensions: ExtensionReader,
    private readonly contacts: AsteriskContacts,
    private readonly cache: Cache,
    private readonly transactions: Transactions,
  ) {}

  /** Empty when no device is registered or the extension does not exist. */
  async list(request: ContactsDto): Promise<ContactReply[]> {
    const presumed = this.presumedEndpoint(request);
    const cached = await this.readCached(presumed);
    if (cached.list !== undefined && cached.list.length > 0) return cached.list;
    const endpoint = (await this.recordedEndpoint(request)) ?? presumed;
    const own = endpoint === presumed ? cached : await this.readCached(endpoint);
    return own.list ?? this.load(endpoint, own.isStale);
  }

  /** The list that callers get from the cache; `undefined` when they get it from the database. */
  async findCached(endpointId: string): Promise<ContactReply[] | undefined> {
    return (await this.readCached(endpointId)).list;
  }

  /** Drops the cached list, so that the next look-up reads the database. Called at every change of a registration. */
  async refresh(request: ContactsDto): Promise<void> {
    await this.cache.forget((await this.endpointsOf(request)).map(contactsKey));
  }

  /** Ends the registrations: no device can be called until it registers again. */
  async flush(request: ContactsDto): Promise<void> {
    const endpoints = await this.endpointsOf(request);
    await this.transactions.asterisk(async (asterisk) => {
      for (const endpoint of endpoints) await this.contacts.delete(asterisk, endpoint);
    });
    await this.cache.forget(endpoints.map(contactsKey));
  }

  private async load(endpoint: string, replaces: boolean): Promise<ContactReply[]> {
    const now = nowSeconds();
    const rows = (await this.contacts.list(endpoint)).map(toContactReply);
    const contacts = living(rows, now);
    // The database also finds `ABC` by `abc`, but a change drops only the cache key of the spelling in the record.
    const isFoundByKey = contacts.every((contact) => contact.endpoint === endpoint);
    if (isFoundByKey) await this.cache.fill(contactsKey(endpoint), contacts, lifetimeSeconds(rows, now), replaces);
    return contacts;
  }

  private async readCached(endpoint: string): Promise<{ list: ContactReply[] | undefined; isStale: boolean }> {
    const cached = await this.cache.read(CONTACTS_CACHE, contactsKey(endpoint));
    const list = cachedContacts(cached, endpoint, nowSeconds());
    return { list, isStale: cached !== undefined && list === undefined };
  }

  /** The endpoint id under the present base domain; most extensions have it. */
  private presumedEndpoint({ customerId, extension }: ContactsDto): string {
    return endpointIdentity(customerId, extension, this.config.domainNameExtension).endpointId;
  }

  /**
   * The endpoint id in the record: an extension keeps it when the base domain changes. `undefined` when there is no
   * record or the bin database is unavailable.
   */
  private async recordedEndpoint({ customerId, extension }: ContactsDto): Promise<string | undefined> {
    const context = new RequestContext(currentContext()?.requestId ?? '', Math.min(RECORD_MS, remainingMs()));
    try {
      const record = await runInContext(context, () => this.extensions.findByNumber(customerId, extension));
      return record?.endpoint_id;
    } catch (error) {
      if (error instanceof ServiceError && error.status === 'UNAVAILABLE') return undefined;
      throw error;
    }
  }

  private async endpointsOf(request: ContactsDto): Promise<string[]> {
    const presumed = this.presumedEndpoint(request);
    return [...new Set([presumed, (await this.recordedEndpoint(request)) ?? presumed])];
  }
}

function nowSeconds(): number {
  return Date.now() / 1_000;
}
