#!lua name=lienthong1
-- The projection of one ledger partition. KEYS[1] is its meta key `{service:p}:m`; the others have the same tag in front:
--   m            HASH   wm, genesis, head, meta (encoded PartitionMeta)
--   d            HASH   dossier id (16 bytes) -> stored value
--   x:INDEX:KEY  ZSET   score, member = dossier id .. suffix
--   k            SET    index names;  k:INDEX  SET  keys with a list
-- A stored value is `asof (8 bytes) | length of entries (4) | entries | value`, an entry is
-- `index | key | suffix | score as text`, each with its length (2) in front; numbers are big-endian.
-- Every change is absolute and takes the old entries from the old stored value, so repeating one is harmless.

local ENTRIES_AT = 13

local function prefix_of(meta_key) return string.sub(meta_key, 1, -2) end

local function entries_bytes(stored)
  if not stored then return '' end
  return string.sub(stored, ENTRIES_AT, ENTRIES_AT - 1 + struct.unpack('>I4', stored, 9))
end

-- name ('index \0 key \0 suffix', in lengths) -> {index, key, suffix, score}
local function parse_entries(bytes)
  local out = {}
  local at = 1
  while at <= #bytes do
    local from = at
    local index, key, suffix, score
    index, key, suffix, at = struct.unpack('>I2c0I2c0I2c0', bytes, at)
    local name = string.sub(bytes, from, at - 1)
    score, at = struct.unpack('>I2c0', bytes, at)
    out[name] = {index, key, suffix, score}
  end
  return out
end

local function reindex(prefix, id, old_bytes, new_bytes)
  if old_bytes == new_bytes then return end
  local old = parse_entries(old_bytes)
  local new = parse_entries(new_bytes)
  for name, entry in pairs(old) do
    if not new[name] then
      local list = prefix .. 'x:' .. entry[1] .. ':' .. entry[2]
      redis.call('ZREM', list, id .. entry[3])
      if redis.call('EXISTS', list) == 0 then redis.call('SREM', prefix .. 'k:' .. entry[1], entry[2]) end
    end
  end
  for name, entry in pairs(new) do
    if not old[name] or old[name][4] ~= entry[4] then
      redis.call('ZADD', prefix .. 'x:' .. entry[1] .. ':' .. entry[2], entry[4], id .. entry[3])
      redis.call('SADD', prefix .. 'k', entry[1])
      redis.call('SADD', prefix .. 'k:' .. entry[1], entry[2])
    end
  end
end

local function watermark(meta_key) return redis.call('HGET', meta_key, 'wm') or '0' end

-- expected wm, genesis, new wm ('' in all parts of a batch but the last), head, meta, then id, stored value, ...
local function apply(keys, args)
  local current = redis.call('HMGET', keys[1], 'wm', 'genesis')
  local actual = current[1] or '0'
  if actual ~= args[1] or (current[2] and current[2] ~= args[2]) then return {'mismatch', actual} end
  local prefix = prefix_of(keys[1])
  if #args > 5 then
    local ids = {}
    for i = 6, #args, 2 do ids[#ids + 1] = args[i] end
    local old = redis.call('HMGET', prefix .. 'd', unpack(ids))
    for n, id in ipairs(ids) do reindex(prefix, id, entries_bytes(old[n]), entries_bytes(args[5 + 2 * n])) end
    redis.call('HSET', prefix .. 'd', unpack(args, 6))
  end
  if args[3] ~= '' then redis.call('HSET', keys[1], 'wm', args[3], 'genesis', args[2], 'head', args[4], 'meta', args[5]) end
  return {'ok'}
end

-- expected wm, ids ...
local function load(keys, args)
  local actual = watermark(keys[1])
  if actual ~= args[1] then return {'mismatch', actual} end
  if #args == 1 then return {'ok', {}} end
  return {'ok', redis.call('HMGET', prefix_of(keys[1]) .. 'd', unpack(args, 2))}
end

-- expected wm, index, highest score, limit
local function scan(keys, args)
  local actual = watermark(keys[1])
  if actual ~= args[1] then return {'mismatch', actual} end
  local prefix = prefix_of(keys[1])
  local out = {'ok'}
  for _, key in ipairs(redis.call('SMEMBERS', prefix .. 'k:' .. args[2])) do
    local hits = redis.call('ZRANGE', prefix .. 'x:' .. args[2] .. ':' .. key, '-inf', args[3], 'BYSCORE', 'LIMIT', 0, args[4],
                            'WITHSCORES')
    if #hits > 0 then out[#out + 1] = {key, hits} end
  end
  return out
end

local function reset(keys, args)
  local prefix = prefix_of(keys[1])
  redis.call('DEL', keys[1])
  for _, index in ipairs(redis.call('SMEMBERS', prefix .. 'k')) do
    for _, key in ipairs(redis.call('SMEMBERS', prefix .. 'k:' .. index)) do
      redis.call('UNLINK', prefix .. 'x:' .. index .. ':' .. key)
    end
    redis.call('UNLINK', prefix .. 'k:' .. index)
  end
  redis.call('UNLINK', prefix .. 'k', prefix .. 'd')
  return {'ok'}
end

-- Lua compares strings by the server's locale; members are ordered by bytes.
local function sorts_before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- Number of members that sort before (score, member), or not after it with `inclusive`.
local function rank_of(list, score, member, inclusive)
  local low = redis.call('ZCOUNT', list, '-inf', '(' .. score)
  local high = redis.call('ZCOUNT', list, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = redis.call('ZRANGE', list, middle, middle)[1]
    if sorts_before(found, member) or (inclusive and found == member) then low = middle + 1 else high = middle end
  end
  return low
end

-- index, key, lowest score, descending (0|1), limit, then score and member to begin behind, if any
local function page(keys, args)
  local prefix = prefix_of(keys[1])
  local list = prefix .. 'x:' .. args[1] .. ':' .. args[2]
  local total = redis.call('ZCARD', list)
  local first = args[3] == '-inf' and 0 or redis.call('ZCOUNT', list, '-inf', '(' .. args[3])
  local last = total - 1
  local limit = tonumber(args[5])
  if args[4] == '1' then
    if args[6] then last = rank_of(list, args[6], args[7], false) - 1 end
    first = math.max(first, last - limit + 1)
  else
    if args[6] then first = math.max(first, rank_of(list, args[6], args[7], true)) end
    last = math.min(last, first + limit - 1)
  end
  local hits, values = {}, {}
  if first <= last then
    hits = redis.call('ZRANGE', list, first, last, 'WITHSCORES')
    local ids = {}
    for i = 1, #hits, 2 do ids[#ids + 1] = string.sub(hits[i], 1, 16) end
    values = redis.call('HMGET', prefix .. 'd', unpack(ids))
  end
  return {redis.call('HGET', keys[1], 'head') or '0', total, hits, values}
end

redis.register_function('lienthong1_apply', apply)
redis.register_function('lienthong1_reset', reset)
redis.register_function{function_name = 'lienthong1_load', callback = load, flags = {'no-writes'}}
redis.register_function{function_name = 'lienthong1_scan', callback = scan, flags = {'no-writes'}}
redis.register_function{function_name = 'lienthong1_page', callback = page, flags = {'no-writes'}}
