import type { EndpointIdentity } from './endpoint-identity';
import type { PsAorRow } from './entities/ps-aor.entity';
import type { PsAuthRow } from './entities/ps-auth.entity';
import type { PsEndpointRow } from './entities/ps-endpoint.entity';

/** What a phone needs to register. */
export interface Login extends EndpointIdentity {
  /** The digest user name. */
  readonly username: string;
  /** In plain text. */
  readonly password: string;
}

/** The rows of a login; a missing row is absent here. */
export interface LoginRows {
  readonly aor?: PsAorRow;
  readonly auth?: PsAuthRow;
  readonly endpoint?: PsEndpointRow;
  /** The auth row holds a digest besides the password, which can open the login too. */
  readonly hasFurtherSecret?: boolean;
}

/** Rows of many logins, in no particular order. */
export interface LoginRowSets {
  readonly aors: readonly PsAorRow[];
  readonly auths: readonly PsAuthRow[];
  readonly endpoints: readonly PsEndpointRow[];
  /** Ids of the auth rows that hold a digest besides the password. */
  readonly withFurtherSecrets: readonly string[];
}

export type LoginIds = Omit<EndpointIdentity, 'realm'>;
