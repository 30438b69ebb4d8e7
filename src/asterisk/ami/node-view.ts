import { timingSafeEqual } from 'node:crypto';
import type { AmiFailure } from './ami-failure';
import { fieldOf, type AmiMessage } from './ami-message';

/** The ids of a login, and the credentials that its record has, in plain text. */
export interface ExpectedLogin {
  readonly endpointId: string;
  readonly authId: string;
  readonly aorId: string;
  readonly username: string;
  readonly password: string;
}

/** What one node of Asterisk holds of a login; a cached copy may be older than the row. */
export interface NodeView {
  /** host:port of its AMI. */
  readonly node: string;
  /** Why the node did not answer; everything else is absent then. */
  readonly failure?: AmiFailure;
  /** Absent when Asterisk does not know the endpoint. */
  readonly endpoint?: EndpointView;
  /** Absent when Asterisk does not know the auth, or the endpoint names another one. */
  readonly auth?: AuthView;
  /** Absent when Asterisk does not know the AOR, or the endpoint names another one. */
  readonly aor?: AorView;
}

export interface EndpointView {
  readonly id: string;
  readonly auth: string;
  readonly aors: string;
  readonly context: string;
  readonly transport: string;
  /** As Asterisk says it, such as `Not in use` or `Unavailable`. */
  readonly deviceState: string;
}

/** Holds no secret. */
export interface AuthView {
  readonly id: string;
  readonly authType: string;
  readonly username: string;
  readonly realm: string;
  readonly hasExpectedUsername: boolean;
  readonly hasPassword: boolean;
  /** Whether Asterisk would take the password of the record. */
  readonly hasExpectedPassword: boolean;
  /** A digest (`md5_cred`, `password_digest`) is set besides the password. */
  readonly hasDigest: boolean;
}

export interface AorView {
  readonly id: string;
  readonly maxContacts: number | undefined;
  readonly removeExisting: boolean;
  readonly contacts: readonly NodeContact[];
}

export interface NodeContact {
  readonly uri: string;
  readonly userAgent: string;
  /** host:port from which the phone registered. */
  readonly viaAddress: string;
  /** Unix seconds; absent when Asterisk gives none. */
  readonly expiresAt: number | undefined;
  /** As Asterisk says it, such as `Reachable` or `NonQualified`. */
  readonly status: string;
}

/** The parts of a login in the events of `PJSIPShowEndpoint`. */
export function viewOf(node: string, events: readonly AmiMessage[], expected: ExpectedLogin): NodeView {
  const find = (event: string, id: string): AmiMessage | undefined =>
    events.find((one) => fieldOf(one, 'Event') === event && fieldOf(one, 'ObjectName') === id);
  const endpoint = find('EndpointDetail', expected.endpointId);
  const auth = find('AuthDetail', expected.authId);
  const aor = find('AorDetail', expected.aorId);
  return {
    node,
    ...(endpoint && { endpoint: endpointView(endpoint) }),
    ...(auth && { auth: authView(auth, expected) }),
    ...(aor && { aor: aorView(aor, events, expected.aorId) }),
  };
}

function endpointView(event: AmiMessage): EndpointView {
  return {
    id: fieldOf(event, 'ObjectName'),
    auth: fieldOf(event, 'Auth'),
    aors: fieldOf(event, 'Aors'),
    context: fieldOf(event, 'Context'),
    transport: fieldOf(event, 'Transport'),
    deviceState: fieldOf(event, 'DeviceState'),
  };
}

function authView(event: AmiMessage, expected: ExpectedLogin): AuthView {
  const username = fieldOf(event, 'Username');
  const password = fieldOf(event, 'Password');
  return {
    id: fieldOf(event, 'ObjectName'),
    authType: fieldOf(event, 'AuthType'),
    username,
    realm: fieldOf(event, 'Realm'),
    hasExpectedUsername: username === expected.username,
    hasPassword: password !== '',
    hasExpectedPassword: isSame(password, expected.password),
    hasDigest: fieldOf(event, 'Md5Cred') !== '' || fieldOf(event, 'PasswordDigest') !== '',
  };
}

function aorView(event: AmiMessage, events: readonly AmiMessage[], aorId: string): AorView {
  const contacts = events.filter(
    (one) => fieldOf(one, 'Event') === 'ContactStatusDetail' && fieldOf(one, 'AOR') === aorId,
  );
  return {
    id: fieldOf(event, 'ObjectName'),
    maxContacts: numberOf(fieldOf(event, 'MaxContacts')),
    removeExisting: /^(true|yes|1)$/i.test(fieldOf(event, 'RemoveExisting')),
    contacts: contacts.map((contact) => ({
      uri: fieldOf(contact, 'URI'),
      userAgent: fieldOf(contact, 'UserAgent'),
      viaAddress: fieldOf(contact, 'ViaAddress'),
      expiresAt: numberOf(fieldOf(contact, 'RegExpire')),
      status: fieldOf(contact, 'Status'),
    })),
  };
}

function numberOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
