/** How services of the second world write: each voice is the format of a program that many run. */
import type { Random } from '../../simulate/random.js';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** A request or task that has ended. */
export interface Ended {
  readonly time: number;
  readonly replica: string;
  readonly verb: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

export interface Voice {
  readonly ended: (line: Ended, random: Random) => string;
  readonly says: (time: number, level: Level, text: string, replica: string, random: Random) => string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => n.toString().padStart(2, '0');
const iso = (time: number): string => new Date(time).toISOString();
const clock = (time: number): string => iso(time).slice(11, 19);
const date = (time: number): string => iso(time).slice(0, 10);
const millis = (time: number): string => iso(time).slice(20, 23);
const month = (time: number): string => months[new Date(time).getUTCMonth()]!;
const dayOf = (time: number): number => new Date(time).getUTCDate();
const apache = (time: number): string =>
  `${two(dayOf(time))}/${month(time)}/${new Date(time).getUTCFullYear()}:${clock(time)}`;
const address = (random: Random): string =>
  `${random.integer(11, 199)}.${random.integer(0, 255)}.${random.integer(0, 255)}.${random.integer(1, 254)}`;
const hex = (random: Random, length: number): string =>
  Array.from({ length }, () => '0123456789abcdef'[random.integer(0, 15)]).join('');
const levelOf = (status: number): Level => (status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info');
const went = (status: number): string => (status >= 500 ? 'failed' : status >= 400 ? 'declined' : 'ok');

const pinoLevel: Readonly<Record<Level, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
const serilog: Readonly<Record<Level, string>> = { debug: 'DBG', info: 'INF', warn: 'WRN', error: 'ERR' };
const severity: Readonly<Record<Level, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

export const voices = {
  nginx: {
    ended: ({ time, verb, route, status, ms }, random) =>
      `${address(random)} - - [${apache(time)} +0000] "${verb} ${route}/${random.integer(1, 9e5)}?page=${random.integer(1, 30)} HTTP/2.0" ${status} ${random.integer(90, 40_000)} "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)" rt=${(ms / 1000).toFixed(3)} urt="${((ms * 0.9) / 1000).toFixed(3)}"`,
    says: (time, level, text, _replica, random) =>
      `${date(time).replaceAll('-', '/')} ${clock(time)} [${level === 'info' ? 'notice' : level}] 31#31: *${random.integer(1, 9e6)} ${text}, client: ${address(random)}, server: shop.example`,
  },
  klog: {
    ended: ({ time, route, status, ms }, random) =>
      `${status >= 500 ? 'E' : status >= 400 ? 'W' : 'I'}${two(new Date(time).getUTCMonth() + 1)}${two(dayOf(time))} ${clock(time)}.${millis(time)}${random.integer(100, 999)}       1 reconciler.go:${status >= 400 ? 214 : 187}] "${status >= 400 ? 'Reconcile failed' : 'Reconciled'}" controller="${route.slice(1).replaceAll('/', '-')}" object="prod/${hex(random, 6)}" took="${ms.toFixed(1)}ms"${status >= 400 ? ` err="status ${status}"` : ''}`,
    says: (time, level, text, _replica, random) =>
      `${{ debug: 'I', info: 'I', warn: 'W', error: 'E' }[level]}${two(new Date(time).getUTCMonth() + 1)}${two(dayOf(time))} ${clock(time)}.${millis(time)}${random.integer(100, 999)}       1 main.go:${40 + (text.length % 60)}] ${text}`,
  },
  goLogfmt: {
    ended: ({ time, replica, route, verb, status, ms }, random) =>
      `time=${iso(time)} level=${levelOf(status)} msg="request served" instance=${replica} method=${verb} route=${route} code=${status} took=${ms >= 1000 ? `${(ms / 1000).toFixed(2)}s` : `${ms.toFixed(2)}ms`} trace_id=${hex(random, 16)}`,
    says: (time, level, text, replica) => `time=${iso(time)} level=${level} msg="${text}" instance=${replica}`,
  },
  pino: {
    ended: ({ time, replica, route, verb, status, ms }, random) =>
      JSON.stringify({
        level: status >= 500 ? 50 : 30,
        time,
        pid: 7,
        hostname: replica,
        req: { id: random.integer(1, 9e6), method: verb, url: `${route}/${random.integer(1, 9e4)}` },
        res: { statusCode: status },
        responseTime: Math.round(ms),
        msg: status >= 500 ? 'request errored' : 'request completed',
      }),
    says: (time, level, text, replica) =>
      JSON.stringify({ level: pinoLevel[level], time, pid: 7, hostname: replica, msg: text }),
  },
  zap: {
    ended: ({ time, replica, route, status, ms }, random) =>
      JSON.stringify({
        level: levelOf(status),
        ts: time / 1000,
        caller: 'server/handler.go:88',
        msg: 'handled',
        rpc: route.slice(1),
        grpc_code: status >= 500 ? 'Unavailable' : status >= 400 ? 'InvalidArgument' : 'OK',
        latency_ms: Number(ms.toFixed(3)),
        pod: replica,
        trace: hex(random, 16),
      }),
    says: (time, level, text, replica) =>
      JSON.stringify({
        level,
        ts: time / 1000,
        caller: `core/run.go:${20 + (text.length % 70)}`,
        msg: text,
        pod: replica,
      }),
  },
  ecs: {
    ended: ({ time, replica, route, verb, status, ms }) =>
      JSON.stringify({
        '@timestamp': iso(time),
        'log.level': levelOf(status).toUpperCase(),
        message: `${verb} ${route}`,
        http: { request: { method: verb }, response: { status_code: status } },
        event: { duration: Math.round(ms * 1e6) },
        host: { name: replica },
      }),
    says: (time, level, text, replica) =>
      JSON.stringify({
        '@timestamp': iso(time),
        'log.level': level.toUpperCase(),
        message: text,
        host: { name: replica },
      }),
  },
  spring: {
    ended: ({ time, route, status, ms }, random) =>
      `${iso(time)} ${levelOf(status).toUpperCase().padStart(5)} 1 --- [nio-8080-exec-${random.integer(1, 20)}] c.e.shop.${route.split('/').at(-1)}.Facade : ${status >= 400 ? `Handling ${hex(random, 8)} ${went(status)} (${status}) after ${Math.round(ms)} ms` : `Handled ${hex(random, 8)} in ${Math.round(ms)} ms`}`,
    says: (time, level, text, _replica, random) =>
      `${iso(time)} ${level.toUpperCase().padStart(5)} 1 --- [pool-${random.integer(1, 4)}-thread-1] c.e.shop.core.Housekeeper : ${text}`,
  },
  celery: {
    ended: ({ time, route, status, ms }, random) => {
      const task = `${route.slice(1).replaceAll('/', '.')}[${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}]`;
      const head = `[${date(time)} ${clock(time)},${millis(time)}: ${status >= 500 ? 'ERROR' : status >= 400 ? 'WARNING' : 'INFO'}/ForkPoolWorker-${random.integer(1, 8)}]`;
      return status >= 500
        ? `${head} Task ${task} raised unexpected: TimeoutError('deadline')`
        : status >= 400
          ? `${head} Task ${task} retry: Retry in ${random.integer(1, 30)}s`
          : `${head} Task ${task} succeeded in ${(ms / 1000).toFixed(6)}s: None`;
    },
    says: (time, level, text) =>
      `[${date(time)} ${clock(time)},${millis(time)}: ${level.toUpperCase()}/MainProcess] ${text}`,
  },
  haproxy: {
    ended: ({ time, replica, verb, route, status, ms }, random) =>
      `${month(time)} ${dayOf(time).toString().padStart(2)} ${clock(time)} lb1 haproxy[812]: ${address(random)}:${random.integer(1025, 65_000)} [${apache(time)}.${millis(time)}] front~ shop/${replica} 0/0/1/${Math.round(ms)}/${Math.round(ms) + 1} ${status} ${random.integer(90, 9000)} - - ---- ${random.integer(40, 60)}/${random.integer(30, 40)}/2/1/0 0/0 "${verb} ${route} HTTP/1.1"`,
    says: (time, level, text) =>
      `${month(time)} ${dayOf(time).toString().padStart(2)} ${clock(time)} lb1 haproxy[812]: ${level === 'error' ? 'ALERT' : level.toUpperCase()} ${text}`,
  },
  serilog: {
    ended: ({ time, verb, route, status, ms }, random) =>
      `${date(time)} ${clock(time)}.${millis(time)} +00:00 [${status >= 500 ? 'ERR' : 'INF'}] HTTP ${verb} ${route}/${random.integer(1, 9e4)} responded ${status} in ${ms.toFixed(4)} ms`,
    says: (time, level, text) => `${date(time)} ${clock(time)}.${millis(time)} +00:00 [${serilog[level]}] ${text}`,
  },
  postgres: {
    ended: ({ time, route, status, ms }, random) =>
      `${date(time)} ${clock(time)}.${millis(time)} UTC [${random.integer(100, 130)}] shop@${route.split('/').at(-1)} ${status >= 500 ? 'ERROR:  canceling statement due to statement timeout' : status >= 400 ? `ERROR:  duplicate key value violates unique constraint "k_${route.split('/').at(-1)}"` : `LOG:  duration: ${ms.toFixed(3)} ms  execute s_${random.integer(1, 9)}: select * from ${route.split('/').at(-1)} where id = $1`}`,
    says: (time, level, text, _replica, random) =>
      `${date(time)} ${clock(time)}.${millis(time)} UTC [${random.integer(40, 44)}] ${{ debug: 'DEBUG', info: 'LOG', warn: 'WARNING', error: 'FATAL' }[level]}:  ${text}`,
  },
  rfc5424: {
    ended: ({ time, replica, route, status, ms }, random) =>
      `<${136 + severity[levelOf(status)]}>1 ${iso(time)} ${replica} relay 77 - - message ${hex(random, 10)} via ${route.slice(1)} ${status >= 500 ? 'bounced' : status >= 400 ? 'deferred' : 'delivered'} after ${(ms / 1000).toFixed(2)} s`,
    says: (time, level, text, replica) => `<${136 + severity[level]}>1 ${iso(time)} ${replica} relay 77 - - ${text}`,
  },
} as const satisfies Readonly<Record<string, Voice>>;

export type VoiceName = keyof typeof voices;
