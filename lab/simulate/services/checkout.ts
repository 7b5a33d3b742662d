/** Carts become orders. JSON lines. */
import { type ServiceSpec, debug, error, info, rare, warn } from '../service.js';

export const checkout: ServiceSpec = {
  name: 'checkout',
  format: 'json',
  share: 0.13,
  day: { swing: 0.6, peak: 16, weekend: 0.85 },
  usual: [
    info(90, 'cart {hex 12} loaded with {skew 1 12} items for user {int 10000 99999} req={hex 16}', { ms: 11 }),
    info(80, 'item sku-{int 10000 99999} added to cart {hex 12} req={hex 16}', { ms: 13 }),
    info(40, 'stock reserved for cart {hex 12} at warehouse {of ber|ams|waw|lyo} req={hex 16}', { ms: 47 }),
    info(34, 'shipping quote {int 2 30}.{int 10 99} EUR for zone {int 1 8} req={hex 16}', { ms: 29 }),
    info(30, 'order ord-{hex 8} created, total {skew 5 900}.{int 10 99} EUR req={hex 16}', { ms: 88 }),
    info(28, 'payment pay-{hex 10} requested for order ord-{hex 8} req={hex 16}', { ms: 160 }),
    info(26, 'order ord-{hex 8} confirmed req={hex 16}', { ms: 35 }),
    info(12, 'voucher {of SPRING|HELLO|BULK|VIP}{int 10 50} applied to cart {hex 12} req={hex 16}', { ms: 6 }),
    info(10, 'cart {hex 12} expired after {int 30 90} min'),
    debug(35, 'price check for {skew 1 12} items took {ms 4} ms req={hex 16}'),
    warn(4, 'voucher {of SPRING|HELLO|BULK|VIP}{int 10 50} refused: {of expired|used|unknown} req={hex 16}'),
    warn(3, 'stock of sku-{int 10000 99999} is {int 0 3}, less than asked for req={hex 16}'),
    error(1.2, 'payment of order ord-{hex 8} declined by provider req={hex 16}', { ms: 310 }),
    error(0.7, 'could not reserve stock for cart {hex 12}: conflict, will retry req={hex 16}', { ms: 95 }),
  ],
  habits: [
    rare(2, info(0, 'tax table {of DE|FR|NL|PL|SE} revision {int 100 140} loaded')),
    rare(0.7, info(0, 'feature flag {of gift-wrap|split-payment|fast-lane} set to {of on|off} by release-bot')),
    {
      perDay: 2,
      seconds: 30,
      messages: Array.from({ length: 5 }, () =>
        warn(0, 'retry {int 1 3} of payment request pay-{hex 10} req={hex 16}'),
      ),
    },
  ],
  restart: [
    info(0, 'starting checkout version 7.{int 2 5}.{int 0 9}'),
    info(0, 'database pool opened with {int 20 20} connections'),
    info(0, 'subscribed to topic orders, {int 6 6} partitions'),
    info(0, 'ready after {ms 4100} ms'),
  ],
  ill: {
    novel: error(0, 'deadlock detected on table order_lines while saving order ord-{hex 8} req={hex 16}', { ms: 1010 }),
    timeout: [error(0, 'payment pay-{hex 10} timed out after {ms 8000} ms req={hex 16}', { ms: 8000 })],
    leak: [
      warn(2, 'database pool has {int 0 2} of 20 connections free, heap at {load} percent'),
      warn(1, 'waited {ms 700} ms for a database connection req={hex 16}'),
    ],
    deploy: [
      error(3, 'unknown currency code null for cart {hex 12} req={hex 16}', { ms: 5 }),
      error(2, 'order ord-{hex 8} could not be saved: column discount_id does not exist req={hex 16}', { ms: 15 }),
      warn(1, 'falling back to legacy totals for cart {hex 12} req={hex 16}'),
    ],
  },
  rollout: info(0, 'delivery promise {int 1 6} days shown for cart {hex 12} req={hex 16}', { ms: 5 }),
};
