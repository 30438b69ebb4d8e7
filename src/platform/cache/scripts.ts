/**
 * KEYS: fence of the primary, primary, secondaries, keys to drop. ARGV: value, ttl, number of secondaries. The primary key
 * decides: when it holds a newer version of the record, nothing is touched. While it is fenced there is nothing to compare
 * with, so whatever comes may be old: all keys go. A version is tm_update, or tm_create when never updated; fractions are
 * trimmed on the wire, so they are padded before they are compared. The original may have left a record there that says
 * "never" with the year 9999, or times of another form: neither is a version.
 */
export const STORE_UNLESS_NEWER = `
local function moment(time)
  if type(time) ~= 'string' or string.sub(time, 1, 4) == '9999' then return nil end
  local seconds, fraction = string.match(time, '^(%d+%-%d+%-%d+T%d+:%d+:%d+)%.?(%d*)Z$')
  return seconds and seconds .. '.' .. fraction .. string.rep('0', 6 - #fraction)
end
local function version(text)
  local ok, row = pcall(cjson.decode, text)
  if not ok or type(row) ~= 'table' then return '' end
  return moment(row['tm_update']) or moment(row['tm_create']) or ''
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
  return 1
end
local current = redis.pcall('GET', KEYS[2])
if type(current) == 'string' and version(current) > version(ARGV[1]) then return 0 end
local last = 2 + tonumber(ARGV[3])
for i = 2, last do redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[2]) end
for i = last + 1, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 1
`;

/**
 * KEYS: key, fence. ARGV: value, ttl, NX or ANY. A reader's value goes in only when nobody dropped the key just now; with
 * NX only when the key is free.
 */
export const FILL_UNLESS_FENCED = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if ARGV[3] == 'NX' then return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2], 'NX') end
return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
`;

/** How long a dropped key refuses what slow readers would put back. */
export const FENCE_SECONDS = 5;

export function fenceOf(key: string): string {
  return `registrar:fence:${key}`;
}
