/** Lines as log4j and logback write them, of about 150 bytes. */
import type { LineEvent } from './event.js';

export const loggers = ['CheckoutService', 'PaymentGateway', 'InventoryRepository', 'SessionFilter'];

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

/** The message of an event. */
export const messageOf = ({ seed }: LineEvent): string => messages[(seed >>> 16) % messages.length]!(seed >>> 4);

export const loggerOf = ({ seed }: LineEvent): string => loggers[(seed >>> 8) % loggers.length]!;

export function plain(event: LineEvent): string {
  const time = new Date(event.time).toISOString();
  const head = `${time.slice(0, 10)} ${time.slice(11, 19)},${time.slice(20, 23)} ${event.level}`;
  return `${head} [worker-${event.seed % 32}] com.shop.${loggerOf(event)} - ${messageOf(event)}`;
}
