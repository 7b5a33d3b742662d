/** Asks a schema registry with Confluent's API for schemas by their id, within limits. */
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { setTimeout as sleep } from 'node:timers/promises';
import { longestSchema, type SchemaDocument, type SchemaReference } from '../../records/schema.js';
import { shownUrl } from '../webhook/shown-url.js';

/** Which registry is asked. */
export interface RegistryClientOptions {
  /** Base address, with the path of the API where it has one. */
  readonly url: string;
  readonly username?: string;
  readonly password?: { reveal(): string };
  /** Limit of one request, ms. */
  readonly timeoutMs: number;
  /** How long it is believed that an id is unknown, ms. */
  readonly unknownMs: number;
  /** An id that is not found is asked for once more after this long, ms: a replica may lag behind the producer's. */
  readonly confirmMs?: number;
  /** Told the outcome of each request, for metrics. */
  readonly count?: (outcome: 'found' | 'unknown' | 'failed') => void;
}

/** The registry gave no answer about a schema: nothing can be said of records until it does. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable';
}

/** What a registry says of an id. */
export type SchemaAnswer = SchemaDocument | 'unknown';

/** As the API gives it. */
interface SchemaResponse {
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
}

interface Response {
  data(): unknown;
}

/** What the client asks with; it has no public way to an answer that is not compiled. */
interface Api {
  readonly Schema: { find(params: { id: number; signal: AbortSignal }): Promise<Response> };
  readonly Subject: {
    all(params: { signal: AbortSignal }): Promise<Response>;
    version(params: { subject: string; version: number; deleted: true; signal: AbortSignal }): Promise<Response>;
  };
}

const atOnce = 8;
const maxReferences = 200;
/** Ids that are remembered as unknown. */
const maxUnknown = 10_000;

/**
 * Of kafkajs's client it takes the requests and the login. Its cache is not used: that keeps everything for ever, asks
 * again for an unknown id with every record, waits without end on a registry that hangs, and compiles schemas without
 * regard to what is in them.
 */
export class RegistryClient {
  private readonly api: Api;
  /** Unknown ids, with when (monotonic, ms) they may be asked for again. */
  private readonly unknown = new Map<number, number>();
  private readonly underWay = new Map<number, Promise<SchemaAnswer>>();

  constructor(private readonly options: RegistryClientOptions) {
    const { url, username, password } = options;
    const { api } = new SchemaRegistry({
      host: url.replace(/\/+$/, ''),
      clientId: 'tocsin',
      // One place owns retrying: the holder of the records.
      retry: { retries: 0 },
      ...(username === undefined ? {} : { auth: { username, password: password?.reveal() ?? '' } }),
    }) as unknown as { readonly api: Api };
    this.api = api;
  }

  /**
   * The schemas of some ids, each asked for once at a time. What is known to be unknown is not asked for again for a
   * while.
   *
   * @throws RegistryUnavailable where one of them got no answer
   */
  async resolve(ids: readonly number[], signal?: AbortSignal): Promise<ReadonlyMap<number, SchemaAnswer>> {
    const answers = new Map<number, SchemaAnswer>();
    const open: number[] = [];
    for (const id of ids) {
      if ((this.unknown.get(id) ?? 0) > performance.now()) answers.set(id, 'unknown');
      else open.push(id);
    }
    const missing = await this.ask(open, answers);
    if (missing.length === 0) return answers;
    await sleep(this.options.confirmMs ?? 1000, undefined, signal ? { signal } : {}).catch(() => undefined);
    if (signal?.aborted) throw new RegistryUnavailable('stopped');
    const unknown = await this.ask(missing, answers);
    if (unknown.length > 0) await this.prove();
    for (const id of unknown) {
      this.unknown.delete(id);
      if (this.unknown.size >= maxUnknown) this.unknown.delete(this.unknown.keys().next().value!);
      this.unknown.set(id, performance.now() + this.options.unknownMs);
    }
    return answers;
  }

  /** Fills in answers, a few at a time; gives the ids that are unknown. */
  private async ask(ids: readonly number[], answers: Map<number, SchemaAnswer>): Promise<number[]> {
    const missing: number[] = [];
    for (let from = 0; from < ids.length; from += atOnce) {
      const some = ids.slice(from, from + atOnce);
      const found = await Promise.all(some.map(async (id) => [id, await this.find(id)] as const));
      for (const [id, answer] of found) {
        answers.set(id, answer);
        if (answer === 'unknown') missing.push(id);
      }
    }
    return missing;
  }

  private find(id: number): Promise<SchemaAnswer> {
    const underWay = this.underWay.get(id);
    if (underWay) return underWay;
    const asked = this.fetch(id).finally(() => this.underWay.delete(id));
    this.underWay.set(id, asked);
    return asked;
  }

  private async fetch(id: number): Promise<SchemaAnswer> {
    const { count } = this.options;
    const asked = this.within((signal) => this.api.Schema.find({ id, signal }));
    try {
      const found = await asked.then((response) => response.data() as SchemaResponse | null, orNotFound);
      if (found === notFound) {
        count?.('unknown');
        return 'unknown';
      }
      const text = textOf(found);
      const references: SchemaReference[] = [];
      await this.collect(found, references, new Set());
      count?.('found');
      const type = typeof found?.schemaType === 'string' ? found.schemaType : 'AVRO';
      return { type, text, references };
    } catch (error) {
      count?.('failed');
      throw this.unavailable(`schema ${id}`, error);
    }
  }

  /**
   * That a schema is not found counts only from a registry: a proxy before it, or another service at a wrong path, says
   * 404 to everything. A registry lists its subjects, or forbids that.
   */
  private async prove(): Promise<void> {
    try {
      const response = await this.within((signal) => this.api.Subject.all({ signal }));
      if (!Array.isArray(response.data())) throw new Error('the answer is none of a schema registry');
    } catch (error) {
      if ((error as { status?: unknown }).status !== 403) throw this.unavailable('the list of subjects', error);
    }
  }

  private unavailable(what: string, cause: unknown): RegistryUnavailable {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new RegistryUnavailable(`${what} of ${shownUrl(this.options.url)}: ${why}`, { cause });
  }

  /** What a schema refers to, each after what it refers to itself. */
  private async collect(found: SchemaResponse | null, into: SchemaReference[], seen: Set<string>): Promise<void> {
    for (const { name, subject, version } of found?.references ?? []) {
      const key = JSON.stringify([name, subject, version]);
      if (seen.has(key)) continue;
      if (seen.add(key).size > maxReferences) throw new Error(`it refers to more than ${maxReferences} others`);
      const response = await this.within((signal) =>
        this.api.Subject.version({ subject, version, deleted: true, signal }),
      );
      const below = response.data() as SchemaResponse | null;
      const text = textOf(below);
      await this.collect(below, into, seen);
      into.push({ name, text });
    }
  }

  /** The limit holds for the whole answer: a request that is past it is cut, with its connection. */
  private async within(request: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
    const { timeoutMs } = this.options;
    const limit = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${timeoutMs} ms`));
        limit.abort();
      }, timeoutMs);
    });
    try {
      const asked = request(limit.signal);
      asked.catch(() => undefined);
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const notFound = Symbol('not found');

/** A 404 whose body has a message; kafkajs's client does not pass on more of it. */
function orNotFound(error: unknown): typeof notFound {
  const { status, message } = error as { status?: unknown; message?: unknown };
  if (status === 404 && !String(message).includes(' - Error, status 404')) return notFound;
  throw error;
}

/** @throws Error where an answer holds no schema: something else answers at this address */
function textOf(found: SchemaResponse | null): string {
  if (typeof found?.schema !== 'string') throw new Error('the answer is none of a schema registry');
  // One character more than is read tells that it was longer.
  return found.schema.slice(0, longestSchema + 1);
}
