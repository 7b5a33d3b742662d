/** What Redis must be like to be trusted with state: looked at once, at the start. */
import type { Info } from './link.js';

/** What is not as it should be. */
export interface RedisFinding {
  /** `refuse`: state would be lost in silence. `warn`: a crash or a failover may lose what was written last. */
  readonly level: 'refuse' | 'warn';
  readonly message: string;
}

const oldest = 6;

/** @param info the answer of `INFO` */
export function checkServer(info: Info): RedisFinding[] {
  const findings: RedisFinding[] = [];
  const version = info.get('redis_version') ?? '';
  if (Number.parseInt(version, 10) < oldest)
    findings.push({ level: 'refuse', message: `Redis is version ${version}: take ${oldest} or newer` });
  if (info.get('role') === 'slave')
    findings.push({ level: 'refuse', message: 'this Redis is a replica: state.redis.url must lead to the primary' });
  const limit = Number(info.get('maxmemory') ?? 0);
  const policy = info.get('maxmemory_policy') ?? '';
  if (policy.startsWith('allkeys-')) {
    findings.push({
      level: limit > 0 ? 'refuse' : 'warn',
      message:
        `maxmemory-policy ${policy} deletes state when memory is short, without notice: ` + 'set it to noeviction',
    });
  }
  const used = Number(info.get('used_memory') ?? 0);
  if (limit > 0 && used > 0.9 * limit) {
    findings.push({
      level: 'warn',
      message: `Redis uses ${Math.round((100 * used) / limit)} % of maxmemory: at 100 % checkpoints are refused and reading stops`,
    });
  }
  if (info.get('aof_enabled') === '0') {
    findings.push({
      level: 'warn',
      message:
        'Redis keeps no append-only file: after a crash of it, what was written since its last snapshot is done again ' +
        '(or, with nothing left, refused). Set appendonly yes',
    });
  }
  return findings;
}
