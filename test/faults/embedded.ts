/** One process over log files, with state on a backend and a webhook: what the faults of an embedded run are tried on. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { startReceiver, type Receiver } from '../integration/services/receiver.js';
import { startRedis } from '../integration/services/redis.js';
import type { Service } from '../integration/services/service.js';
import { tocsin } from '../integration/services/tocsin.js';
import { expectSubstance, outcomeOf, type Outcome } from './outcome.js';
import type { StateKind } from './settings.js';

/** Two days of so many services are enough to train on. */
const logs = ['auth', 'catalog', 'checkout', 'gateway', 'inventory', 'jobs', 'payments', 'shipping'];
const secret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;

/** A run of its own over the same input: nothing but the input is shared. */
export interface Scene {
  readonly name: string;
  readonly config: string;
  /** Its state, logs and models. */
  readonly folder: string;
  /** Of the receiver's URL. */
  readonly path: string;
}

export class Embedded {
  private scenes = 0;

  private constructor(
    readonly folder: string,
    readonly receiver: Receiver,
    private readonly server: Service | undefined,
  ) {}

  /** @param days - of event time, 4,000 lines each: what a run takes */
  static async open(state: StateKind, days = 3): Promise<Embedded> {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-faults-'));
    const server = state === 'redis' ? await startRedis() : undefined;
    const opened = new Embedded(folder, await startReceiver({ secret }), server);
    const size = ['--lines', String(4000 * days), '--days', String(days)];
    await tocsin('simulate', ...size, '--out', join(folder, 'logs'));
    return opened;
  }

  /** The Redis that holds the state. */
  get redis(): Service {
    if (!this.server) throw new Error('this state is not on Redis');
    return this.server;
  }

  /** A configuration that no other run has. @param more settings on top */
  scene(more: { readonly redis?: object; readonly respond?: object; readonly settings?: object } = {}): Scene {
    const name = `s${this.scenes++}`;
    const folder = join(this.folder, name);
    const config = join(this.folder, `${name}.yaml`);
    const path = `/${name}`;
    const redis = more.redis ?? (this.server && { url: this.server.url });
    const settings = {
      sources: logs.map((log) => ({
        type: 'file',
        path: join(this.folder, 'logs', `${log}.log`),
        labels: { service: log },
      })),
      sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
      detection: { warmup: '2d' },
      rules: [{ name: 'errors', action: 'page', pattern: 'ERROR|error|timed out|failed|slow' }],
      state: { dir: folder, ...(redis ? { backend: 'redis', redis: { prefix: name, ...redis } } : {}) },
      respond: {
        stdout: 'none',
        max_age: '3650d',
        private: ['127.0.0.0/8'],
        webhooks: [
          {
            name: 'ops',
            url: this.receiver.url + path,
            secret,
            // No summaries: which alerts wait together is a matter of the clock.
            rate: { messages: 1000, per: '1s' },
            retry: { first: '50ms', most: '500ms' },
            ...more.respond,
          },
        ],
      },
      http: { port: 0 },
      log: { level: 'info', format: 'json' },
      ...more.settings,
    };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(settings));
    return { name, config, folder, path };
  }

  /** What an undisturbed run comes to. */
  async undisturbed(): Promise<Outcome> {
    const scene = this.scene();
    await tocsin('run', '--config', scene.config);
    const outcome = await this.outcome(scene);
    expectSubstance(outcome);
    if (!isTrained(scene)) throw new Error('no models were trained: the input is too little');
    return outcome;
  }

  outcome({ config, path }: Scene): Promise<Outcome> {
    return outcomeOf(config, this.receiver, path);
  }

  async close(): Promise<void> {
    await this.receiver.stop();
    await this.server?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether models of its own have taken over from those that ship with tocsin. */
export function isTrained({ folder }: Scene): boolean {
  const sets = join(folder, 'models', 'sets');
  return existsSync(sets) && readdirSync(sets).some((id) => existsSync(join(sets, id, 'promoted')));
}

/** How many checkpoints all tasks of a scene have written since they were claimed. */
export async function checkpoints({ name }: Scene, client: Redis): Promise<number> {
  const heads = await client.keys(`${name}:{*}:head`);
  const seqs = await Promise.all(heads.map((head) => client.hget(head, 'seq')));
  return seqs.reduce((sum, seq) => sum + Number(seq ?? 0), 0);
}
