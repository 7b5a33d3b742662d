import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { healTest } from '../../cli/commands/heal.js';
import { exampleAlert } from '../../connectors/webhook/example.js';

let folder: string;
let config: string;
let alerts: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-heal-test-'));
  config = join(folder, 'tocsin.json');
  alerts = join(folder, 'alerts.json');
  const settings = {
    sources: [{ type: 'file', path: 'app.log' }],
    healing: {
      targets: [{ name: 'st2', recipe: 'stackstorm', url: 'https://st2.example/x', action: 'a.b', token: 'secret' }],
      rules: [
        {
          name: 'restart',
          match: { service: 'checkout', team: '/sh.*/' },
          target: 'st2',
          parameters: { service: '{{labels.service}}', api_key: 'k-1234', note: 'for {{summary}}' },
        },
      ],
    },
  };
  writeFileSync(config, JSON.stringify(settings));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function shown(options: { alert?: string; json?: boolean; reveal?: boolean }): { out: string; notes: string } {
  const out = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const notes = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  healTest('restart', { config, ...options });
  const textOf = (spy: typeof out): string => spy.mock.calls.flat().join('\n');
  return { out: textOf(out), notes: textOf(notes) };
}

test('without an alert: an example that has the labels of the rule, and says that it is one', () => {
  const { out, notes } = shown({});
  expect(notes).toContain('for an example, an alert on service{environment="prod",service="checkout",team="shop"}');
  expect(notes).not.toContain('does not match');
  expect(out).toContain('st2-api-key: ***');
  expect(out).toContain('{"action":"a.b","parameters":{"service":"checkout","api_key":"***","note":"for ');
});

test('secrets in a body are stars, unless they are to be revealed', () => {
  const explanation = { ...exampleAlert.explanation, summary: 'login of ann@example.org, password=hunter2' };
  writeFileSync(alerts, JSON.stringify({ ...exampleAlert, explanation }));
  for (const json of [false, true]) {
    const { out } = shown({ alert: alerts, json });
    expect(out).toMatch(/for login of \*\*\*/);
    expect(out).not.toMatch(/hunter2|ann@|k-1234/);
    jest.restoreAllMocks();
  }
  expect(shown({ alert: alerts, reveal: true }).out).toContain(
    '"api_key":"k-1234","note":"for login of ann@example.org, password=hunter2"',
  );
});

test('of several alerts, the first that matches; where none does, it says so', () => {
  const other = { ...exampleAlert, fingerprint: 'f2', entity: 'service{service="checkout",team="shop"}' };
  writeFileSync(alerts, JSON.stringify([exampleAlert, other]));
  expect(shown({ alert: alerts, json: true }).out).toContain('"matches":true');
  jest.restoreAllMocks();
  writeFileSync(alerts, JSON.stringify(exampleAlert));
  expect(shown({ alert: alerts }).notes).toContain('does not match');
});

test('what is no alert, or none, is refused in words', () => {
  writeFileSync(alerts, '[]');
  expect(() => shown({ alert: alerts })).toThrow(/has no alert: save it again when one fires/);
  writeFileSync(alerts, '[{"entity":1}]');
  expect(() => shown({ alert: alerts })).toThrow(/is no alert/);
  expect(() => shown({ alert: join(folder, 'none') })).toThrow(/cannot be read/);
});
