import { ContactsDto } from '../../contact/contact.dto';
import { ChangeExtensionDto, CreateExtensionDto } from '../../extension/extension.dto';
import { assertValid } from '../../platform/messaging/requests/wire-body.pipe';
import { ZERO_UUID } from '../../platform/wire/go-uuid';
import { ChangeTrunkDto, CreateTrunkDto } from '../../trunk/trunk.dto';
import { authTypesOf } from '../../trunk/trunk.rules';

/**
 * The same requests as the routes make, by the same rules. Commands load this file when they run: --help needs no
 * validator.
 */

type ExtensionValues = Pick<
  CreateExtensionDto,
  'customerId' | 'extension' | 'username' | 'password' | 'name' | 'detail'
>;

/** A user name that equals the number becomes empty; the record then takes the number as user name. */
export function createExtension(values: ExtensionValues): CreateExtensionDto {
  const username = values.username === values.extension ? '' : values.username;
  return assertValid(Object.assign(new CreateExtensionDto(), { ...values, username, domainId: ZERO_UUID }));
}

/** An undefined field stays unchanged. */
export function changeExtension(changes: {
  readonly [Field in keyof ChangeExtensionDto]?: unknown;
}): ChangeExtensionDto {
  return assertValid(Object.assign(new ChangeExtensionDto(), changes));
}

export function createTrunk(
  values: Omit<CreateTrunkDto, 'authTypes' | 'allowedIps'> & { readonly allowedIps: string[] },
): CreateTrunkDto {
  return assertValid(Object.assign(new CreateTrunkDto(), { ...values, authTypes: authTypesOf(values) }));
}

/** An undefined field stays unchanged. */
export function changeTrunk(changes: { readonly [Field in keyof ChangeTrunkDto]?: unknown }): ChangeTrunkDto {
  return assertValid(Object.assign(new ChangeTrunkDto(), changes));
}

export function contactsOf(customerId: string, extension: string): ContactsDto {
  return Object.assign(new ContactsDto(), { customerId, extension });
}
