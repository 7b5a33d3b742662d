/** Words that say in which state something is: two of them in one place are two statements, never the values of one. */

const words = new Set(
  `up down on off open opened closed start started starting stop stopped stopping restart restarted restarting begin began
  begun end ended pause paused pausing resume resumed resuming suspend suspended terminate terminated terminating boot booted
  booting halted halting running idle busy ready pending waiting queued scheduled active inactive activating deactivating
  activated deactivated enable enabled disable disabled online offline available unavailable reachable unreachable
  connect connected disconnected connecting disconnecting disconnect reconnected attached detached mounted unmounted loaded unloaded
  loading unloading locked unlocked lock unlock acquired acquire released release registered unregistered deregistered join joined
  left leave leaving joining normal ok okay bad degraded healthy unhealthy alive dead dying kill killed died crashed fail failed failure
  failing error errored success successful successfully succeeded succeed unsuccessful complete completed completing incomplete finish finished
  finishing done abort aborted aborting cancel cancelled canceled reject rejected accept accepted refused deny denied allow
  allowed permit permitted grant granted revoke revoked block blocked unblocked expired timeout passed passing critical warning
  unknown unstable stable create created creating delete deleted deleting add added adding remove removed removing update
  updated updating destroyed destroying leader follower candidate standby draining drained cordoned evicted oomkilled
  send sent sending receive received receiving deferred bounced retry retrying retried skip skipped lost found missing enter entered entering
  exit exited exiting initialized initializing upgraded downgraded promoted demoted synced syncing
  get put post delete patch head options`.split(/\s+/),
);

const wholeWord = /^[A-Za-z]+$/;
const inParts = /^[A-Za-z]+(?:_[A-Za-z]+)*$/;

/** Words that were looked at last. */
const known = new Map<string, boolean>();
const maxKnown = 20_000;

/**
 * Whether a word names a state, alone or as the last part of a name in capitals or with capitals inside.
 *
 * @example isStateWord('NodeNotReady') // true; isStateWord('orders_failed') // false, a name
 */
export function isStateWord(word: string): boolean {
  let found = known.get(word);
  if (found === undefined) {
    if (known.size >= maxKnown) known.clear();
    known.set(word, (found = namesState(word)));
  }
  return found;
}

function namesState(word: string): boolean {
  const bare = word.replace(/[.!]+$/, '');
  if (words.has(bare.toLowerCase())) return true;
  if (!inParts.test(bare) || (wholeWord.test(bare) ? !/[a-z][A-Z]/.test(bare) : /[a-z]/.test(bare))) return false;
  const parts = bare.split(/_|(?<=[a-z])(?=[A-Z])/);
  return words.has(parts[parts.length - 1]!.toLowerCase());
}
