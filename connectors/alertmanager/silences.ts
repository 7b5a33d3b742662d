/** Silences of one Alertmanager (API v2) as calendar entries, so that what tocsin tells by itself respects them too. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { underBase } from '../webhook/address.js';
import type { CalendarEntry } from '../../records/calendar.js';
import type { Labels } from '../../records/entity.js';
import { getJson } from '../webhook/post.js';

/** How silences are read. */
export interface SilencesOptions {
  /** Base address of the Alertmanager. */
  readonly url: string;
  /** Between two looks, ms. */
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Whether this process is the one that tells people: the others do not look. */
  readonly isActive: () => boolean;
  /** Writes an entry for every shard. */
  readonly say: (entry: CalendarEntry) => Promise<void>;
  /** Whether a silence can be about alerts of tocsin at all. */
  readonly isOurs: (match: Labels) => boolean;
  /** Told what cannot be followed, once each, and when the Alertmanager does not answer. */
  readonly warn: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

const matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
/** A `gettableSilence`, what of it is needed. */
const silence = z.object({
  id: z.string(),
  matchers: z.array(matcher),
  startsAt: z.string(),
  endsAt: z.string(),
  updatedAt: z.string(),
  createdBy: z.string().default(''),
  comment: z.string().default(''),
});
/** A silence as API v2 has it. */
export type Silence = z.infer<typeof silence>;

/** Bytes of an answer, and silences of it, the latest first. */
const answerLimit = 16 * 1024 * 1024;
const maxSilences = 1000;

/** A literal value that looks like a pattern or a negation. */
const exactly = (value: string): string => (/^[/!]/.test(value) ? `/${RE2JS.quote(value)}/` : value);

/**
 * A silence as an entry. Its patterns are RE2 and of the whole value, as ours are.
 *
 * @returns a reason where it cannot be said
 */
export function entryOf({
  id,
  matchers,
  startsAt,
  endsAt,
  updatedAt,
  createdBy,
  comment,
}: Silence): CalendarEntry | string {
  const match: Record<string, string> = {};
  for (const { name, value, isRegex, isEqual } of matchers) {
    if (name in match) return `it has two matchers for the label ${name}`;
    match[name] = `${isEqual ? '' : '!'}${isRegex ? `/${value}/` : exactly(value)}`;
    try {
      if (isRegex) RE2JS.compile(value);
    } catch {
      return `the pattern of ${name} cannot be read`;
    }
  }
  const [from, to, at] = [startsAt, endsAt, updatedAt].map((time) => Date.parse(time)) as [number, number, number];
  if (!(from >= 0 && to >= 0 && at >= 0)) return 'it has a time that cannot be read';
  const who = createdBy === '' ? 'Alertmanager' : createdBy;
  const name = `in Alertmanager by ${who}${comment === '' ? '' : `: ${comment}`}`.slice(0, 200);
  return { id: `silence ${id}`, name, action: 'silence', match, from, to: Math.max(from, to), by: who, at };
}

/** Between two looks whether this process has come to be the one, ms. */
const activeMs = 500;

/** Looks at the silences of an Alertmanager while this process is the one that tells people. */
export class Silences {
  private readonly said = new Map<string, number>();
  private readonly warned = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | undefined;
  private lookedAt = -Infinity;
  private isAway = false;

  constructor(private readonly options: SilencesOptions) {
    this.timer = setInterval(() => {
      if (!options.isActive()) {
        // What another process has said meanwhile is not known here.
        this.said.clear();
        this.lookedAt = -Infinity;
      } else if (performance.now() - this.lookedAt >= options.everyMs) void this.look();
    }, activeMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Writes what is new or was changed; what ended is changed. One poll at a time; a failure is reported, not thrown. */
  look(): Promise<void> {
    this.lookedAt = performance.now();
    this.looking ??= this.lookOnce()
      .then(() => (this.isAway = false))
      .catch((error: unknown) => {
        if (!this.isAway)
          this.options.warn('silences cannot be read: those known go on', { error: (error as Error).message });
        this.isAway = true;
      })
      .then(() => (this.looking = undefined));
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    const { url, timeoutMs, say, isOurs } = this.options;
    const answer = await getJson(underBase(url, '/api/v2/silences'), { timeoutMs, limit: answerLimit });
    const listed = z.array(silence).parse(answer);
    const latest = listed.sort((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt)).slice(0, maxSilences);
    if (latest.length < listed.length) this.warnOnce('many', `only the latest ${maxSilences} silences are followed`);
    const known = new Set(latest.map(({ id }) => id));
    for (const id of this.said.keys()) if (!known.has(id)) this.said.delete(id);
    for (const one of latest) {
      const at = Date.parse(one.updatedAt);
      if (this.said.get(one.id) === at) continue;
      const entry = entryOf(one);
      if (typeof entry === 'string') this.warnOnce(one.id, `a silence is not followed: ${entry}`);
      else if (isOurs(entry.match)) await say(entry);
      this.said.set(one.id, at);
    }
  }

  private warnOnce(about: string, message: string): void {
    if (this.warned.has(about)) return;
    this.warned.add(about);
    this.options.warn(message, { silence: about });
  }
}
