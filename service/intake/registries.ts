/** The schema registries that a process asks, and which of its sources wait for one. */
import type { Logger } from 'pino';
import type { SourceConfig } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { RegistryClient } from '../../connectors/registry/client.js';
import { resolving, type WaitingSource } from '../../connectors/registry/source.js';
import type { SourceItem } from '../../records/raw.js';
import type { ResolvedSchemas } from '../../records/schema.js';
import type { StateBackend } from '../../runtime/backend.js';
import { steadyNow } from '../../runtime/clock.js';
import type { Source } from '../../runtime/source.js';

type RegistryConfig = NonNullable<Extract<SourceConfig, { type: 'kafka' }>['registry']>;

export class Registries {
  private readonly clients = new Map<RegistryConfig, RegistryClient>();
  private readonly held = new Map<string, WaitingSource>();

  constructor(
    private readonly parts: { readonly metrics: Metrics; readonly log: Logger; readonly backend: StateBackend },
  ) {}

  /** A source whose records come with their schemas resolved, where its configuration names a registry. */
  resolve(
    name: string,
    config: SourceConfig,
    source: Source<SourceItem>,
  ): { readonly source: Source<SourceItem>; readonly schemas?: ResolvedSchemas } {
    const registry = config.type === 'kafka' ? config.registry : undefined;
    if (!registry) return { source };
    const { metrics, log, backend } = this.parts;
    metrics.schemaWait.set({ source: name }, 0);
    return resolving({
      source,
      name,
      client: this.client(registry),
      backend,
      onHeld: (held) => {
        const before = this.held.get(name);
        if (held) this.held.set(name, held);
        else this.held.delete(name);
        metrics.schemaWait.set({ source: name }, held ? 1 : 0);
        if (held && !before) log.warn({ source: name, why: held.why }, 'waiting for the schema registry');
        if (!held && before) log.info({ source: name, ms: steadyNow() - before.since }, 'the schema registry answers');
      },
    });
  }

  /** Sources that wait, a sentence each. */
  waiting(): string[] {
    return [...this.held.values()].map(({ source, since, why }) => {
      const seconds = Math.round((steadyNow() - since) / 1000);
      return `${source} has been waiting for the schema registry for ${seconds} s: ${why}`;
    });
  }

  /** One for all partitions of a source: they ask for the same ids. */
  private client(config: RegistryConfig): RegistryClient {
    let client = this.clients.get(config);
    if (client) return client;
    const { url, username, password, timeout, unknown_for } = config;
    client = new RegistryClient({
      url,
      timeoutMs: timeout,
      unknownMs: unknown_for,
      count: (outcome) => this.parts.metrics.schemaRequests.inc({ outcome }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    this.clients.set(config, client);
    return client;
  }
}
