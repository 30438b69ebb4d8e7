import { eachRow } from '../../../../test/support/each-row';
import { LockRefused, requestLock } from './named-lock';

const saying =
  (errno: number, code = 'ER_X') =>
  (): Promise<never> =>
    Promise.reject(Object.assign(new Error('quotes a row'), { errno, code, sqlState: 'HY000' }));
const answering = (mine: unknown) => (): Promise<Record<string, unknown>[]> => Promise.resolve([{ mine }]);

it.each([
  [1, true],
  ['1', true],
  [0, false],
  ['0', false],
])('the answer %p is %p', async (mine, expected) => {
  expect(await requestLock(answering(mine), 'x', 0)).toBe(expected);
});

it.each([1205, 1213, 3058])('%d: another session has it', async (errno) => {
  expect(await requestLock(saying(errno), 'x', 0)).toBe(false);
});

eachRow([1064, 1105, 1305, 1370, 1235, 1227])('these errors say that there are no such locks', async (errno) => {
  const refused = requestLock(saying(errno), 'x', 0);
  await expect(refused).rejects.toBeInstanceOf(LockRefused);
  await expect(refused).rejects.toThrow(`the server refuses GET_LOCK (ER_X ${errno})`);
});

it.each([null, undefined])('the answer %p: there are no such locks', async (mine) => {
  await expect(requestLock(answering(mine), 'x', 0)).rejects.toThrow('the server refuses GET_LOCK (it answers NULL)');
});

it.each([1040, 2013, 1290, 9001])('%d: the database is away, and that is another matter', async (errno) => {
  await expect(requestLock(saying(errno), 'x', 0)).rejects.not.toBeInstanceOf(LockRefused);
});
