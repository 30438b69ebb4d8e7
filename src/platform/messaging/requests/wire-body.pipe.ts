import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { validateSync } from '../../wire/validation';
import { invalidArgument } from '../../errors/service-error';
import type { JsonNode } from '../../wire/go-json';
import { WireTypeError, decodeBody, isWireBody } from '../../wire/wire-body';

/**
 * Turns a request's body into its DTO with Go's rules (contract §2.2) and validates it. A refusal names the fields and
 * their rules, never their values.
 */
@Injectable()
export class WireBodyPipe implements PipeTransform {
  transform(value: unknown, { metatype }: ArgumentMetadata): unknown {
    if (metatype === undefined || !isWireBody(metatype)) return value;
    return assertValid(decode(metatype as new () => object, value as JsonNode | undefined));
  }
}

/** Checks the rules of a DTO, whether it came from the wire or not. Throws `INVALID_ARGUMENT`. */
export function assertValid<T extends object>(body: T): T {
  const errors = validateSync(body, { forbidUnknownValues: false, stopAtFirstError: true });
  if (errors.length > 0) throw invalidArgument(errors.map(describe));
  return body;
}

function decode(type: new () => object, node: JsonNode | undefined): object {
  try {
    return decodeBody(type, node);
  } catch (error) {
    if (error instanceof WireTypeError) {
      throw invalidArgument(
        error.problems.map(({ field, expected }) => ({ field, rule: `must be a JSON ${expected}` })),
      );
    }
    throw error;
  }
}

/** The name of the field on the wire, and the first rule that it broke. */
function describe(error: ValidationError): { field: string; rule: string } {
  const field = error.property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const rule = Object.values(error.constraints ?? {})[0] ?? 'is valid';
  return { field, rule: rule.replace(error.property, '').trim() };
}
