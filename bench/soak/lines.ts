/** What the services of a soak log: JSON lines of about 150 bytes, drawn from a seed. */

/** Of all lines of a service that is in trouble, and of one that is not. */
const troubled = 0.3;
const usual = 0.002;
/** So many services are in trouble at once, for so long, ms. */
const inTrouble = 5;
const troubleMs = 10 * 60_000;

const messages: readonly ((n: number) => string)[] = [
  (n) => `GET /api/v1/items/${n % 100_000} answered 200 after ${n % 900} ms, ${n % 5000} bytes`,
  (n) => `Order ${n} placed in ${(n % 4000) / 10} ms from 10.0.${n % 256}.${n % 199}`,
  (n) => `Connection to shard-${n % 16} of pool primary returned, ${n % 40} of 64 in use`,
  (n) => `Cache refreshed for region eu-west-${n % 3}: ${n % 10_000} entries kept, took ${n % 60} ms`,
];

/** xorshift32: a step of a stream of whole numbers below 2^32, not zero. */
const step = (state: number): number => {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x >>> 0;
};

export class Lines {
  private state: number;

  /** @param entities services that there are, `s00000` and so on */
  constructor(
    private readonly seed: number,
    private readonly entities: number,
  ) {
    this.state = step(seed + 1);
  }

  /** The next line of a service. @param at event time, ms */
  of(entity: number, at: number): string {
    const draw = (this.state = step(this.state));
    const failed = draw / 2 ** 32 < (this.isInTrouble(entity, at) ? troubled : usual);
    const message = failed
      ? `request ${draw} failed: upstream timed out after ${draw % 9000} ms`
      : messages[(draw >>> 8) % messages.length]!(draw >>> 4);
    const service = `s${String(entity).padStart(5, '0')}`;
    return `{"time":"${new Date(at).toISOString()}","level":"${failed ? 'ERROR' : 'INFO'}","service":"${service}","message":"${message}"}`;
  }

  private isInTrouble(entity: number, at: number): boolean {
    const period = Math.floor(at / troubleMs);
    const first = step(step(this.seed + period + 1)) % this.entities;
    return (entity - first + this.entities) % this.entities < inTrouble;
  }
}
