import { ServiceError } from '../platform/errors/service-error';

export function trunkNotFound(): ServiceError {
  return new ServiceError('NOT_FOUND', 'TRUNK_NOT_FOUND', 'The trunk was not found.');
}

export function trunkAlreadyExists(): ServiceError {
  return new ServiceError('ALREADY_EXISTS', 'TRUNK_ALREADY_EXISTS', 'The domain name is in use by another trunk.');
}
