/** Talks to the card networks. JSON lines. */
import { type ServiceSpec, debug, error, info, rare, warn } from '../service.js';

export const payments: ServiceSpec = {
  name: 'payments',
  format: 'json',
  share: 0.1,
  day: { swing: 0.55, peak: 16, weekend: 0.85 },
  usual: [
    info(
      60,
      'authorisation pay-{hex 10} of {skew 5 900}.{int 10 99} EUR approved by {of visa|mastercard|amex} req={hex 16}',
      { ms: 230 },
    ),
    info(50, 'capture pay-{hex 10} sent to acquirer {of nordpay|eurobank} req={hex 16}', { ms: 120 }),
    info(40, 'risk score {int 1 60} for pay-{hex 10} rules={int 12 14} req={hex 16}', { ms: 17 }),
    info(30, 'token tok-{hex 20} resolved req={hex 16}', { ms: 4 }),
    info(24, 'webhook {of charge.succeeded|charge.updated|payout.created} delivered to {ip}', { ms: 55 }),
    info(6, 'refund ref-{hex 8} of {skew 5 300}.{int 10 99} EUR accepted', { ms: 190 }),
    debug(28, 'idempotency key {uuid} unseen'),
    debug(3, 'idempotency key {uuid} repeated, answered from store'),
    warn(5, 'risk score {int 61 99} for pay-{hex 10}, sent to review req={hex 16}'),
    warn(3, 'acquirer {of nordpay|eurobank} answered after {ms 1500} ms req={hex 16}'),
    error(1.6, 'authorisation pay-{hex 10} declined with code {of 05|51|54|61} req={hex 16}', { ms: 260 }),
    error(0.7, 'webhook to {ip} failed with status {of 500|502|503}, queued again'),
  ],
  habits: [
    rare(2, info(0, 'exchange rates of {of ECB|Fed|BoE} loaded, {int 30 34} currencies')),
    rare(0.8, info(0, 'key {hex 8} rotated, old key valid for {int 23 24} h')),
    rare(0.2, info(0, 'chargeback cb-{hex 8} opened for pay-{hex 10}')),
    {
      perDay: 1.5,
      seconds: 45,
      messages: Array.from({ length: 6 }, () =>
        warn(0, 'connection to acquirer {of nordpay|eurobank} reset, attempt {int 2 4} req={hex 16}'),
      ),
    },
  ],
  restart: [
    info(0, 'starting payments version 5.{int 0 2}.{int 0 9}'),
    info(0, 'hardware security module slot {int 0 3} opened'),
    info(0, 'connected to {int 2 2} acquirers'),
    info(0, 'ready after {ms 5200} ms'),
  ],
  cron: {
    at: 135,
    minutes: 18,
    timesUsual: 1.2,
    first: info(0, 'settlement run started for day {int 1 28}'),
    item: info(0, 'settled batch {int 100 999} with {int 50 400} payments', { ms: 900 }),
    last: info(0, 'settlement run finished, sum {int 100000 900000}.{int 10 99} EUR'),
  },
  ill: {
    novel: error(0, 'signature of acquirer eurobank does not verify, message {uuid} refused'),
    timeout: [
      error(0, 'acquirer {of nordpay|eurobank} timed out after {ms 10000} ms, pay-{hex 10} unknown req={hex 16}', {
        ms: 10000,
      }),
    ],
    leak: [
      warn(2, 'session cache of security module at {load} percent'),
      warn(1, 'memory at {load} percent, evicted {int 100 900} tokens'),
    ],
    deploy: [
      error(3, 'amount 0 refused for pay-{hex 10}: minor units missing req={hex 16}', { ms: 6 }),
      error(2, 'cannot parse acquirer answer at offset {int 0 400} req={hex 16}', { ms: 140 }),
    ],
  },
  rollout: info(0, 'network token used instead of card number for pay-{hex 10} req={hex 16}', { ms: 3 }),
};
