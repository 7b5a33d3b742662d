/** Product data and search. JSON lines. */
import { type ServiceSpec, debug, error, info, rare, warn } from '../service.js';

export const catalog: ServiceSpec = {
  name: 'catalog',
  format: 'json',
  share: 0.17,
  day: { swing: 0.5, peak: 15, weekend: 0.8 },
  usual: [
    info(220, 'product {int 1000 99999} read from {of replica-1|replica-2|primary} trace={hex 16}', { ms: 6 }),
    info(120, 'search for {int 1 5} terms matched {skew 0 900} products trace={hex 16}', { ms: 38 }),
    info(60, 'facets computed for category {int 1 240} trace={hex 16}', { ms: 14 }),
    info(40, 'price list {of eur|usd|gbp|sek} revision {int 3000 3999} applied to product {int 1000 99999}', { ms: 3 }),
    info(22, 'image {uuid} resized to {of 200x200|640x480|1280x960}', { ms: 92 }),
    info(16, 'recommendations for user {int 10000 99999}: {int 3 20} items, model r{int 40 44}', { ms: 27 }),
    info(9, 'product {int 1000 99999} updated by editor {of mia|jonas|li|amara|pavel}', { ms: 11 }),
    debug(110, 'cache hit product:{int 1000 99999} age={skew 0 600}s'),
    debug(36, 'cache miss product:{int 1000 99999}'),
    warn(6, 'query took {ms 480} ms: SELECT * FROM products WHERE category = {int 1 240}'),
    warn(3, 'replica-{int 1 2} lags {int 2 9} s behind'),
    error(1.3, 'search shard {int 0 7} did not answer, returned partial result trace={hex 16}', { ms: 800 }),
    error(0.9, 'image {uuid} could not be decoded: unexpected end of file'),
  ],
  habits: [
    rare(4, info(0, 'index segment merge finished, {int 8 40} segments left', { ms: 4100 })),
    rare(1, info(0, 'synonym list reloaded, {int 900 1100} entries')),
    rare(0.3, info(0, 'statistics of table products refreshed, {int 90000 99999} rows')),
    {
      perDay: 1.5,
      seconds: 50,
      messages: Array.from({ length: 7 }, () =>
        warn(0, 'connection to replica-{int 1 2} lost, reconnected after {ms 120} ms'),
      ),
    },
  ],
  restart: [
    info(0, 'starting catalog version 2.{int 30 33}.{int 0 9} pid {int 100 32000}'),
    info(0, 'connected to search cluster, {int 8 8} shards green'),
    info(0, 'warmed cache with {int 4000 6000} products', { ms: 3900 }),
    info(0, 'ready on :8080'),
  ],
  cron: {
    at: 195,
    minutes: 12,
    timesUsual: 1,
    first: info(0, 'nightly reindex started by scheduler, snapshot {hex 8}'),
    item: info(0, 'reindexed products {int 1000 50000} to {int 50001 99999}', { ms: 350 }),
    last: info(0, 'nightly reindex finished, {int 94000 99000} products, 0 errors'),
  },
  ill: {
    novel: error(0, 'search response had unknown field _shards.skipped_reason, dropped result for trace={hex 16}'),
    timeout: [error(0, 'search cluster timed out after {ms 3000} ms trace={hex 16}', { ms: 3000 })],
    leak: [
      warn(2, 'cache holds {int 200000 900000} entries, heap at {load} percent'),
      warn(1, 'full garbage collection in {ms 900} ms, heap at {load} percent'),
    ],
    deploy: [
      error(3, 'NullPointerException in PriceMapper.map for product {int 1000 99999} trace={hex 16}', { ms: 4 }),
      error(2, 'schema version 41 expected, database has 40'),
    ],
  },
  rollout: info(0, 'vector search used for {int 1 5} terms, {int 10 50} neighbours trace={hex 16}', { ms: 9 }),
};
