/**
 * The Lua calls of the state backend. Each is one atomic step on the keys of one task, and each may be carried out late
 * or twice: it then changes nothing. That is what makes an unanswered call safe to repeat.
 *
 * Keys of a task and of its annexes (one hash tag, so that a cluster keeps them on one node):
 * - `head`, a hash: `epoch` and `holder` of the last claim, `seq` of its last write, `checkpoint` (position and schema
 *   versions), `parts` of a large write that are not applied yet, `staged` (the most parts there ever were).
 * - `data`, a hash: store NUL key to value.
 * - `part:N`, lists: what a large write puts (`HSET`) or deletes (`HDEL`), until it is applied.
 */

/** Takes a task over where no other process has since `expected` was read. KEYS head, part...; ARGV expected, epoch, holder */
const claim = `
local epoch, holder, parts = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'holder', 'parts'))
if epoch == ARGV[2] and holder == ARGV[3] then return {'ok'} end
if (epoch or '') ~= ARGV[1] then return {'other'} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'holder', ARGV[3], 'seq', '0')
if (parts or '0') == '0' then
  for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
end
return {'ok'}
`;

/** Refuses all but the last holder; then returns whether write `ARGV[3]` is the next one. KEYS head; ARGV epoch, holder, seq */
const asHolder = `
local function look(head, at)
  local epoch, holder, seq, parts, staged = unpack(redis.call('HMGET', head, 'epoch', 'holder', 'seq', 'parts', 'staged'))
  if not epoch then return {'gone'} end
  local stored, mine = tonumber(epoch), tonumber(ARGV[at])
  if stored > mine or (stored == mine and holder ~= ARGV[at + 1]) then return {'fenced', epoch} end
  if stored < mine then return {'back'} end
  return nil, tonumber(seq), tonumber(parts or '0'), tonumber(staged or '0')
end
local wrong, seq, parts, staged = look(KEYS[1], 1)
if wrong then return wrong end
local turn = tonumber(ARGV[3])
local function change(command, key, from, to)
  for i = from, to, 1000 do redis.call(command, key, unpack(ARGV, i, math.min(i + 999, to))) end
end
`;

const isNext = `
if seq >= turn then return {'ok'} end
if seq < turn - 1 or parts > 0 then return {'back'} end
`;

/**
 * Changes, position and versions in one step, where nothing that was acknowledged of the dependent tasks is lost. KEYS head,
 * data, head of a dependent task...; ARGV epoch, holder, seq, checkpoint, parts, deletes, (epoch, holder, seq) of each dependent task,
 * field..., (field, value)...
 */
const write = `${asHolder}${isNext}
local at = 7
for i = 3, #KEYS do
  local wrong, written = look(KEYS[i], at)
  if wrong then return wrong end
  if written < tonumber(ARGV[at + 2]) then return {'back'} end
  at = at + 3
end
local puts = at + tonumber(ARGV[6])
change('HDEL', KEYS[2], at, puts - 1)
change('HSET', KEYS[2], puts, #ARGV)
redis.call('HSET', KEYS[1], 'seq', ARGV[3], 'checkpoint', ARGV[4], 'parts', ARGV[5])
return {'ok'}
`;

/** Lays down one part of a large write; nothing of it counts before `write` says so. KEYS head, part; ARGV epoch, holder, seq, index, command, value... */
const stage = `${asHolder}${isNext}
redis.call('DEL', KEYS[2])
redis.call('RPUSH', KEYS[2], ARGV[5])
change('RPUSH', KEYS[2], 6, #ARGV)
redis.call('HSET', KEYS[1], 'staged', math.max(staged, tonumber(ARGV[4]) + 1))
return {'ok'}
`;

/** Moves one part of a written checkpoint to where it belongs. KEYS head, data, part; ARGV epoch, holder, seq, left: parts still to apply after it */
const apply = `${asHolder}
if seq ~= turn or parts ~= tonumber(ARGV[4]) + 1 then return {'ok'} end
local values = redis.call('LRANGE', KEYS[3], 0, -1)
for i = 2, #values, 1000 do redis.call(values[1], KEYS[2], unpack(values, i, math.min(i + 999, #values))) end
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[1], 'parts', ARGV[4])
return {'ok'}
`;

/** By the name of their command. */
export const scripts = {
  tocsinClaim: { lua: claim },
  tocsinWrite: { lua: write },
  tocsinStage: { lua: stage, numberOfKeys: 2 },
  tocsinApply: { lua: apply, numberOfKeys: 3 },
} as const;

/** What a call says: done; somebody else holds the task; the task is not there; it is older than what was written. */
export type ScriptReply =
  readonly ['ok'] | readonly ['other'] | readonly ['fenced', string] | readonly ['gone'] | readonly ['back'];

type Argument = string | number | Buffer;

/** A client that knows the scripts. */
export type Scripted = {
  readonly [K in keyof typeof scripts]: (...args: (Argument | readonly Argument[])[]) => Promise<ScriptReply>;
};
