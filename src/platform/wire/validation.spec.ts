import * as library from 'class-validator';
import * as parts from './validation';

it('the parts are those of the library’s index', () => {
  for (const name of ['registerDecorator', 'ValidateIf', 'IsIn', 'ArrayMaxSize', 'ArrayUnique'] as const)
    expect(parts[name]).toBe(library[name]);
});

it('a body is validated as the library does', () => {
  class Body {
    @library.MinLength(3)
    text = 'ab';
  }
  const options = { forbidUnknownValues: false, stopAtFirstError: true };
  expect(parts.validateSync(new Body(), options)).toEqual(library.validateSync(new Body(), options));
  expect(parts.validateSync(new Body(), options)).toHaveLength(1);
});
