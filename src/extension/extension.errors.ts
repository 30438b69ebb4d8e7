import { ServiceError } from '../platform/errors/service-error';

export function extensionNotFound(): ServiceError {
  return new ServiceError('NOT_FOUND', 'EXTENSION_NOT_FOUND', 'The extension was not found.');
}

export function extensionAlreadyExists(): ServiceError {
  return new ServiceError(
    'ALREADY_EXISTS',
    'EXTENSION_ALREADY_EXISTS',
    'The customer already has an extension with this number or user name.',
  );
}
