import type * as library from 'class-validator';
import { createRequire } from 'node:module';

/**
 * The parts of class-validator that this service uses. The library's index loads all of its rules, among them the
 * telephone numbering plans of every country: a sixth of the files that a start reads. `validation.spec.ts` shows that
 * the parts are the library's own.
 */
const load = createRequire(__filename);
const part = <Name extends keyof typeof library>(file: string): Pick<typeof library, Name> =>
  load(`class-validator/cjs/${file}`) as Pick<typeof library, Name>;

export const { registerDecorator } = part<'registerDecorator'>('register-decorator');
export const { ValidateIf } = part<'ValidateIf'>('decorator/common/ValidateIf');
export const { IsIn } = part<'IsIn'>('decorator/common/IsIn');
export const { ArrayMaxSize } = part<'ArrayMaxSize'>('decorator/array/ArrayMaxSize');
export const { ArrayUnique } = part<'ArrayUnique'>('decorator/array/ArrayUnique');

const { Validator } = part<'Validator'>('validation/Validator');
const validator = new Validator();

export function validateSync(body: object, options: library.ValidatorOptions): library.ValidationError[] {
  return validator.validateSync(body, options);
}
