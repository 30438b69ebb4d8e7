import { decodeJson } from './go-json';
import { ZERO_UUID } from './go-uuid';
import { decodeBody, OptionalBody, WireJson, WireString, WireStringList, WireTypeError, WireUuid } from './wire-body';
import type { JsonNode } from './go-json';

class Body {
  @WireUuid() customerId!: string;
  @WireString() name!: string;
  @WireString() password!: string;
  @WireString('k_s') keys!: string;
  @WireStringList() allowedIps!: string[] | null;
  @WireJson() data!: JsonNode | undefined;
}

@OptionalBody()
class Optional {
  @WireUuid() customerId!: string;
}

const UUID = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';
const decode = (json: string): Body => decodeBody(Body, decodeJson(json));
const wrongFields = (json: string): string[] => {
  try {
    decode(json);
  } catch (error) {
    if (error instanceof WireTypeError) return error.problems.map(({ field }) => field);
    throw error;
  }
  return [];
};

describe('decodeBody', () => {
  it.each(['null', '{}', '{"other":[1,{"name":2}]}'])('%s leaves every field zero', (json) => {
    expect(decode(json)).toEqual({
      customerId: ZERO_UUID,
      name: '',
      password: '',
      keys: '',
      allowedIps: null,
      data: undefined,
    });
    expect(decode(json)).toBeInstanceOf(Body);
  });
});
describe('more', () => {
  it('x', () => {
    expect(wrongFields('{"name":1}')).toEqual(['name']);
    expect(decodeBody(Optional, undefined).customerId).toBe(ZERO_UUID);
    expect(decode(`{"NAME":"a","paſſword":"b","\u212A_ſ":"c","CUSTOMER_ID":"${UUID.toUpperCase()}"}`)).toMatchObject({
      name: 'a',
      password: 'b',
      keys: 'c',
      customerId: UUID,
    });
  });
});
