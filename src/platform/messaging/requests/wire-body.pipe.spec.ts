import { ServiceError } from '../../errors/service-error';
import { MaxCharacters, NotEmptyText } from '../../wire/text.rules';
import { decodeJson } from '../../wire/go-json';
import { WireString, WireStringList, WireUuid } from '../../wire/wire-body';
import { WireBodyPipe } from './wire-body.pipe';

class Body {
  @WireUuid()
  customerId!: string;

  @WireString()
  @MaxCharacters(3)
  @NotEmptyText()
  password!: string;

  @WireStringList()
  allowedIps!: string[] | null;
}

function transform(text: string | undefined, metatype: unknown): unknown {
  const value = text === undefined ? undefined : decodeJson(Buffer.from(text));
  return new WireBodyPipe().transform(value, { type: 'body', metatype: metatype as never });
}

function refusal(text: string | undefined): ServiceError {
  try {
    transform(text, Body);
  } catch (error) {
    return error as ServiceError;
  }
  throw new Error('was taken');
}

describe('the pipe of bodies', () => {
  it('makes the DTO', () => {
    expect(transform('{"PASSWORD":"abc","unknown":1}', Body)).toEqual({
      customerId: '00000000-0000-0000-0000-000000000000',
      password: 'abc',
      allowedIps: null,
    });
  });

  it('names every wrong type by its field on the wire, and no value', () => {
    const error = refusal('{"customer_id":"s3cret","password":42,"allowed_ips":"s3cret"}');
    expect(error).toBeInstanceOf(ServiceError);
    expect(error.statusCode).toBe(400);
    expect(error.details.map((detail) => detail['field']).sort()).toEqual(['allowed_ips', 'customer_id', 'password']);
    expect(JSON.stringify(error.toBody())).not.toMatch(/s3cret|42/);
  });

  it('names the first rule a field broke, and no value', () => {
    const error = refusal('{"password":"s3cret"}');
    expect(error.toBody()).toMatchObject({
      status: 'INVALID_ARGUMENT',
      details: [{ field: 'password', rule: 'must have at most 3 characters' }],
    });
    expect(JSON.stringify(error.toBody())).not.toContain('s3cret');
  });

  it.each([undefined, '[]', '"x"', '1'])('refuses %s as a body', (text) => {
    expect(refusal(text).toBody()).toMatchObject({ details: [{ field: 'body' }] });
  });

  it.each([Object, String, null])('leaves alone what is no DTO: %p', (metatype) => {
    expect(transform('{"a":1}', metatype ?? undefined)).toMatchObject({ kind: 'object' });
  });
});
