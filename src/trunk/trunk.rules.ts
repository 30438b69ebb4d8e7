import type { ValidationArguments } from 'class-validator';
import { registerDecorator } from '../platform/wire/validation';
import { invalidArgument, type FieldViolation } from '../platform/errors/service-error';
import { canonicalIp } from './allowed-ip';

const USERNAME = /^[A-Za-z0-9_.+*~!-]{1,64}$/;

const USERNAME_RULE = 'must have 1 to 64 letters, digits and _ . + * ~ ! - when basic is among the auth_types';

interface Credentials {
  readonly authTypes: readonly string[] | null;
}

/** With `basic`, the user name must be one that Kamailio can look up. Without it, the user name is only stored. */
export function FitsAuthTypes(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'fitsAuthTypes',
      target: target.constructor,
      propertyName: String(property),
      options: { message: USERNAME_RULE },
      validator: {
        validate: (value: unknown, { object }: ValidationArguments) =>
          !((object as Credentials).authTypes ?? []).includes('basic') || USERNAME.test(String(value)),
      },
    });
  };
}

export function EachAllowedIp(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'eachAllowedIp',
      target: target.constructor,
      propertyName: String(property),
      options: { message: 'must hold only IPv4 or IPv6 addresses and CIDR ranges without host bits, and never /0' },
      validator: {
        validate: (value: unknown) =>
          Array.isArray(value) && value.every((entry) => typeof entry === 'string' && canonicalIp(entry) !== undefined),
      },
    });
  };
}

/** Checks settings that depend on each other, once the effective password is known. Throws `INVALID_ARGUMENT`. */
export function assertComplete(trunk: {
  readonly authTypes: readonly string[];
  readonly password: string;
  readonly allowedIps: readonly string[];
}): void {
  const violations: FieldViolation[] = [];
  if (trunk.authTypes.includes('basic') && trunk.password === '') {
    violations.push({ field: 'password', rule: 'must not be empty when basic is among the auth_types' });
  }
  if (trunk.authTypes.includes('ip') && trunk.allowedIps.length === 0) {
    violations.push({ field: 'allowed_ips', rule: 'must not be empty when ip is among the auth_types' });
  }
  if (violations.length > 0) throw invalidArgument(violations);
}

/** The list as stored: canonical, without duplicates. */
export function canonicalIps(ips: readonly string[] | null): string[] {
  return [...new Set((ips ?? []).map((ip) => canonicalIp(ip) ?? ip))];
}

/** Derives the `auth_types` on the command line: `basic` needs user name and password, `ip` an allowed address. */
export function authTypesOf(settings: {
  readonly username: string;
  readonly password: string;
  readonly allowedIps: readonly string[];
}): string[] {
  const isBasic = settings.username !== '' && settings.password !== '';
  return [...(isBasic ? ['basic'] : []), ...(settings.allowedIps.length > 0 ? ['ip'] : [])];
}

/** With `basic`, the user name must be one that Kamailio can look up. Throws `INVALID_ARGUMENT`. */
export function assertFindable({ authTypes, username }: Credentials & { readonly username: string }): void {
  if (!(authTypes ?? []).includes('basic') || USERNAME.test(username)) return;
  throw invalidArgument([{ field: 'username', rule: USERNAME_RULE }]);
}
