/** A real Redis that keeps every acknowledged write over a crash: one server, a cluster, or one behind sentinels. */
import { type Service, startService } from './service.js';

export interface RedisOptions {
  /** 1, or the number of nodes of a cluster, masters and replicas. Default 1. */
  nodes?: number;
  /** Replicas of each master of a cluster. Default 0. */
  replicas?: number;
  /** Where given: member 1 is a primary, 2 its replica, then come so many sentinels, whose addresses are the url. */
  sentinels?: number;
  /** Limit of a server, as Redis writes it. Default 256mb. */
  maxmemory?: string;
}

/** Starts it; `url` is redis://127.0.0.1:PORT, for a cluster one for each node with commas between. */
export const startRedis = ({
  nodes = 1,
  replicas = 0,
  sentinels = 0,
  maxmemory = '256mb',
}: RedisOptions = {}): Promise<Service> =>
  startService('redis', [
    '--nodes',
    String(nodes),
    '--replicas',
    String(replicas),
    '--sentinels',
    String(sentinels),
    '--maxmemory',
    maxmemory,
  ]);
