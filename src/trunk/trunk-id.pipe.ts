import { Injectable, type PipeTransform } from '@nestjs/common';
import { invalidArgument } from '../platform/errors/service-error';
import { ZERO_UUID } from '../platform/wire/go-uuid';

/** Trunk routes answer 400 for the zero uuid; extension routes answer 404. */
@Injectable()
export class TrunkIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (id === ZERO_UUID) throw invalidArgument([{ field: 'id', rule: 'must not be the zero uuid' }]);
    return id;
  }
}
