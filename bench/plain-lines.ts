/** Writes a log file of plain lines of about 140 bytes: fixed templates, variable parts from a seeded generator. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

const loggers = ['CheckoutService', 'PaymentGateway', 'InventoryRepository', 'SessionFilter'];
const messages = [
  (n: number) =>
    `Order ${n} for user=u${n % 9973} placed in ${(n % 4000) / 10}ms from 10.0.${n % 256}.${n % 199}:${n % 50000}`,
  (n: number) =>
    `GET /api/v1/items/${n} answered 200 after ${n % 900} ms, ${n % 5000} bytes, trace ${n.toString(16)}ab42`,
  (n: number) =>
    `Connection to shard-${n % 16} of pool "primary" returned, ${n % 40} of 64 in use, waiting ${n % 7} requests`,
  (n: number) =>
    `Cache refreshed for region eu-west-${n % 3}: ${n % 10000} entries kept, ${n % 100} evicted, took ${n % 60}.${n % 10}s`,
  (n: number) =>
    `Session ${n.toString(36)}-${n % 8999} renewed for another 30 minutes by policy default-${n % 5}, nothing else`,
];

/** Writes `lines` lines at 2,000 a second of event time; returns the bytes written. */
export async function writePlainLines(path: string, lines: number): Promise<number> {
  const out = createWriteStream(path, { highWaterMark: 4_194_304 });
  let state = 1;
  let bytes = 0;
  let chunk: string[] = [];
  for (let i = 0; i < lines; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const time = new Date(1_767_225_600_000 + i / 2).toISOString();
    const level = state % 997 === 0 ? 'ERROR' : state % 101 === 0 ? 'WARN' : 'INFO';
    const logger = loggers[(state >>> 8) % loggers.length];
    const message = messages[(state >>> 16) % messages.length](state >>> 4);
    chunk.push(
      `${time.slice(0, 10)} ${time.slice(11, 19)},${time.slice(20, 23)} ${level} [worker-${state % 32}] com.shop.${logger} - ${message}\n`,
    );
    if (chunk.length < 10_000 && i + 1 < lines) continue;
    const text = chunk.join('');
    bytes += text.length;
    if (!out.write(text)) await once(out, 'drain');
    chunk = [];
  }
  out.end();
  await once(out, 'close');
  return bytes;
}
