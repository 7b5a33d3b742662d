/** Hostile text is planted in each kind of thing that is stored, and every command that prints is looked at. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './services/free-port.js';
import { startReceiver, type Receiver } from './services/receiver.js';
import { begin, ended } from './services/tocsin.js';
import { until } from './services/until.js';

/** A title, a cleared screen by C1, turned and hidden text, a line of its own by each kind of line break. */
const hostile =
  'a\u001b]0;owned\u0007\u009b2J\u202Eb\u200bc\u2066d\ufeff\u007f\b\rFORGED e\nFORGED f\u2028FORGED g\u0085FORGED h';
// eslint-disable-next-line no-control-regex -- they are what is looked for
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

let folder: string;
let receiver: Receiver;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-hostile-'));
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, value: object): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
};

function configuration(port: number): string {
  return write('tocsin.json', {
    sources: [{ type: 'file', path: '-', fields: { labels: { zone: 'zone' } } }],
    windows: { pane: '1s', length: '2s', lateness: '0s' },
    alerts: { quiet: 1, gap: '4s' },
    state: { dir: join(folder, 'state') },
    rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
    respond: { stdout: 'text', private: ['127.0.0.0/8'] },
    healing: {
      private: ['127.0.0.0/8'],
      targets: [
        {
          name: 'restart',
          url: receiver.url,
          secret: `whsec_${Buffer.from('a key that is made up for this').toString('base64')}`,
        },
      ],
      rules: [{ name: 'memory', match: { zone: '/.*/' }, target: 'restart', parameters: { of: '{{labels.zone}}' } }],
    },
    http: { port },
    log: { format: 'json' },
  });
}

/** Ten minutes up to now; a tenth of the lines page, and some cannot be read. */
function lines(): string {
  const began = Date.now() - 600_000;
  const of = (i: number): string => {
    if (i % 97 === 96) return `${hostile.replaceAll(/[\r\n]/g, '')} no time ${i}`;
    const message = i % 10 === 9 ? `out of memory ${hostile}` : `order ${i} ${hostile} done`;
    const time = i % 53 === 52 ? `2026-13-99 ${hostile}` : new Date(began + i * 1000).toISOString();
    const level = i % 10 === 9 ? 'error' : i % 7 === 6 ? hostile : 'info';
    return JSON.stringify({ time, level, service: `cart ${hostile}`, zone: hostile, [hostile]: hostile, message });
  };
  return `${Array.from({ length: 600 }, (_, i) => of(i)).join('\n')}\n`;
}

const found: string[] = [];
function look(what: readonly string[], out: string, err = ''): void {
  const name = what.join(' ').replace(raw, '?');
  for (const [stream, text] of [
    ['stdout', out],
    ['stderr', err],
  ]) {
    const at = raw.exec(text!);
    if (at)
      found.push(
        `${name}: ${stream} has U+${at[0].charCodeAt(0).toString(16)} in ${JSON.stringify(text!.slice(Math.max(0, at.index - 60), at.index + 20))}`,
      );
    if (/^\s*FORGED/m.test(text!)) found.push(`${name}: ${stream} has a line that a value began`);
  }
  if (!what.includes('--json') || out === '') return;
  const isParsed = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  if (!isParsed(out) && !out.trim().split('\n').every(isParsed)) found.push(`${name}: no JSON: ${out.slice(0, 200)}`);
}
async function call(...what: string[]): Promise<string> {
  const { out, err } = await ended(...what);
  look(what, out, err);
  return out;
}

test('no command writes a control, or begins a line with a value of others', async () => {
  const port = await freePort();
  const config = configuration(port);
  const log = join(folder, 'app.log');
  writeFileSync(log, lines());
  const run = begin(['run', '--config', config], { stdin: 'pipe' });
  run.stdin.write(lines());
  const there = ['--url', `http://127.0.0.1:${port}`];
  let alert: string;
  try {
    alert = await until(
      'an alert',
      async () => {
        if (run.isOver()) throw new Error(run.said());
        const answer = await fetch(`http://127.0.0.1:${port}/api/alerts`).catch(() => undefined);
        const alerts = answer?.ok === true ? ((await answer.json()) as { fingerprint: string }[]) : [];
        return alerts[0]?.fingerprint;
      },
      120_000,
    );
    const by = ['--by', hostile];
    await call('feedback', 'give', alert, 'anomaly', ...there, ...by);
    await call(
      'calendar',
      'add',
      'mute',
      '--name',
      hostile,
      '--for',
      '1h',
      '--match',
      `zone=${hostile}`,
      ...there,
      ...by,
    );
    await call('heal', 'stop', '--why', hostile, ...there, ...by);
    await call('heal', 'resume', '--why', hostile, ...there, ...by);
    await call('snapshot', 'create', hostile, ...there);
    await call('snapshot', 'create', 'plain', ...there);
    await call('watermark', 'reset', hostile, ...there);
    for (const json of [[], ['--json']]) {
      await call('status', ...there, ...json);
      await call('alerts', 'list', ...there, ...json);
      await call('alerts', 'show', alert, ...there, ...json);
      await call('calendar', 'list', ...there, ...json);
      await call('heal', 'status', ...there, ...json);
    }
  } finally {
    run.signal('SIGTERM');
    await run.ended;
  }
  const { out, err } = await run.ended;
  look(['run'], out, err);
  const offline: string[][] = [
    ['alerts', 'list', '--config', config],
    ['alerts', 'show', alert, '--config', config],
    ['dlq', 'list', '--config', config],
    ['dlq', 'list', '--raw', '--config', config],
    ['dlq', 'show', '0', '--config', config],
    ['templates', '--config', config],
    ['feedback', 'list', '--config', config],
    ['heal', 'audit', '--config', config],
    ['heal', 'test', 'memory', '--config', config],
    ['drift', '--config', config],
    ['whatif', '--config', config],
    ['models', 'list', '--config', config],
    ['models', 'importance', '--config', config],
    ['snapshot', 'list', '--config', config],
    ['try', log],
    ['try', log, '--config', config],
    ['lint', config],
    ['lint', write('keys.json', { sources: [{ type: 'file', path: hostile, [hostile]: 1 }], [hostile]: hostile })],
    [
      'lint',
      write('values.json', { sources: [{ type: hostile }], rules: [{ name: hostile, pattern: `(${hostile}` }] }),
    ],
    ['lint', join(folder, hostile.replaceAll('\u0000', ''))],
    ['doctor', '--config', config],
    ['replay', '--config', config, '--out', join(folder, 'out.bin')],
  ];
  // Each is a process of its own: as many at a time as there is room for.
  for (let i = 0; i < offline.length; i += 4)
    await Promise.all(offline.slice(i, i + 4).flatMap((command) => [call(...command), call(...command, '--json')]));
  await call('topology', '--config', config);
  await call('features', 'list', join(folder, 'features'));
  await call(hostile);
  await call('alerts', hostile);
  await call('models', hostile, '--config', config);
  await call('run', '--config', hostile);
  expect(found).toEqual([]);
}, 600_000);
