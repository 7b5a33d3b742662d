/** How many services, series and session classes a process has decided windows of. */
import { Gauge, type Registry } from 'prom-client';
import { entityFromKey } from '../../records/entity.js';

/** More are not told apart. */
const maxEntities = 200_000;

/** Counts entities by kind. */
export class SeenEntities {
  private readonly kinds = new Map<string, Set<string>>();

  constructor(registry: Registry) {
    const { kinds } = this;
    new Gauge({
      name: 'tocsin_entities_seen',
      help: 'Services, series and session classes that this process has decided windows of, by kind.',
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        for (const [kind, keys] of kinds) this.set({ kind }, keys.size);
      },
    });
  }

  see(entity: string): void {
    const { kind } = entityFromKey(entity);
    let keys = this.kinds.get(kind);
    if (!keys) this.kinds.set(kind, (keys = new Set()));
    if (keys.size < maxEntities) keys.add(entity);
  }

  counts(): Record<string, number> {
    return Object.fromEntries([...this.kinds].map(([kind, keys]) => [kind, keys.size]));
  }
}
