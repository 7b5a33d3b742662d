import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paint } from '../../../cli/terminal/paint.js';
import { type AlertCard, createScreen, screenOptions } from '../../../cli/terminal/screen.js';
import { renderSummary, type DemoSummary } from '../../../cli/terminal/summary.js';
import { widthOf } from '../../../cli/terminal/columns.js';
import type { Incident, IncidentKind } from '../../../lab/simulate/incident.js';

const golden = (name: string): string => readFileSync(join(__dirname, 'golden', name), 'utf8');
const minute = 60_000;
const at = (text: string): number => Date.parse(`2026-01-${text}:00Z`);
const plain = { colour: false, inPlace: false };

const closing =
  (what: DemoSummary) =>
  (columns: number, paint: Paint): string[] =>
    renderSummary(what, columns, paint);

function record(options: Parameters<typeof createScreen>[1]) {
  const written: string[] = [];
  return {
    written,
    screen: createScreen({ write: (text) => written.push(text) }, options),
    text: () => written.join(''),
  };
}

const card: AlertCard = {
  what: 'error ratio far above usual',
  entity: 'service{environment="prod",service="checkout"}',
  start: at('13T14:30'),
  firedAt: at('13T14:35'),
  returnLevel: 0.5,
  features: [
    { name: 'error ratio', actual: 0.2134, typical: 0.00412 },
    { name: 'slowest tenth', actual: 812.4, typical: 140, unit: 'ms' },
    { name: 'lines', actual: 1830, typical: 620, unit: 'a minute' },
    { name: 'templates never seen', actual: 1, typical: 0 },
    { name: 'not shown: the fifth', actual: 1, typical: 0 },
  ],
  template: {
    text: 'deadlock detected on table order_lines while saving order <*> req=<*>',
    sample:
      'deadlock detected on table order_lines while saving order ord-****** req=****** customer=支払い担当者 note=\x1b[31mred\x07',
    isNew: true,
  },
  believed: { detector: 'median of 5 detectors', why: 'no verdicts for this service yet, so the default decides' },
};

const incident = (kind: IncidentKind, service: string, start: number, expected = false): Incident => ({
  id: `${kind} ${start}`,
  kind,
  services: service.split(' '),
  sessions: [],
  start,
  end: start + 30 * minute,
  expected,
  description: '',
  strength: 1,
});

const summary: DemoSummary = {
  seed: 7,
  lines: 3_242_517,
  windows: 62_208,
  days: 24,
  seconds: 41.37,
  budgetPerWeek: 1,
  verdicts: 23,
  score: {
    outcomes: [
      { incident: incident('broken sessions', 'jobs', at('12T01:11')), found: true, delayMs: 6 * minute },
      { incident: incident('new error', 'auth', at('13T07:09')), found: false },
      { incident: incident('surge', 'gateway catalog', at('25T21:24')), found: true, delayMs: 75 * minute },
    ],
    injected: 3,
    found: 2,
    medianDelayMs: 40.5 * minute,
    weeks: 17 / 7,
    falseAlerts: [
      { name: 'gateway', alerts: 1, perWeek: 7 / 17 },
      { name: 'mailer', alerts: 4, perWeek: 28 / 17 },
    ],
    expectedChanges: [
      { incident: incident('rollout', 'catalog', at('17T22:02'), true), alerts: 0 },
      { incident: incident('scheduled job', 'mailer', at('19T06:15'), true), alerts: 2 },
    ],
  },
  first: {
    outcomes: [{ incident: incident('error burst', 'gateway', at('05T04:00')), found: true, delayMs: 5 * minute }],
    injected: 1,
    found: 1,
    medianDelayMs: 5 * minute,
    weeks: 1,
    falseAlerts: [
      { name: 'gateway', alerts: 0, perWeek: 0 },
      { name: 'mailer', alerts: 1, perWeek: 1 },
    ],
    expectedChanges: [],
  },
  selector: { found: 2, falseAlerts: 5 },
  policies: [
    { name: 'default', found: 2, falseAlerts: 6, selectorBetter: 2, selectorWorse: 1 },
    { name: 'average', found: 1, falseAlerts: 5, selectorBetter: 1, selectorWorse: 0 },
    { name: 'best fixed', found: 3, falseAlerts: 5, selectorBetter: 0, selectorWorse: 1 },
    { name: 'random', found: 0, falseAlerts: 19, selectorBetter: 16, selectorWorse: 0 },
  ],
};

const progress = (eventTime: number, lines: number) => ({
  eventTime,
  start: at('05T00:00'),
  end: at('25T00:00'),
  lines,
  linesPerSecond: 412_345,
  windows: 1,
  alerts: 3,
});

describe('an alert card', () => {
  it('says what, where, since when, how rare, what stands out, and whom it believed', () => {
    const { screen, text } = record(plain);
    screen.alert(card);
    expect(text()).toBe(golden('card.txt'));
  });

  it('does without template, features and a service label', () => {
    const { screen, text } = record(plain);
    screen.alert({ ...card, entity: 'series{name="cpu/7"}', features: [], template: undefined, returnLevel: 3 });
    expect(text()).toBe(golden('card-bare.txt'));
  });

  it('lets nothing of a log line move the cursor, also with colours', () => {
    const evil = '\x1b[2J\x1b]0;title\x07\r\n\u202e';
    const { screen, text } = record({ colour: true, inPlace: true });
    screen.alert({
      ...card,
      what: evil,
      entity: `service{service=${JSON.stringify(evil)}}`,
      features: [{ name: evil, actual: 1, typical: 2, unit: evil }],
      template: { text: evil, sample: evil, isNew: false },
      believed: { detector: evil, why: evil },
    });
    // What is left of escapes are the screen's own colours.
    // eslint-disable-next-line no-control-regex
    const rest = text().replace(/\x1b\[(1|2|22|31|32|33|39)m/g, '');
    // eslint-disable-next-line no-control-regex
    expect(rest).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });
});

describe('the closing tables', () => {
  it('show a miss as a miss, the budget, and what cannot be told apart', () => {
    const { screen, text } = record(plain);
    screen.summary(closing(summary));
    expect(text()).toBe(golden('summary.txt'));
  });

  it('say when nothing was found', () => {
    const { screen, text } = record(plain);
    const score = {
      ...summary.score,
      found: 0,
      medianDelayMs: undefined,
      outcomes: summary.score.outcomes.slice(1, 2),
      injected: 1,
    };
    screen.summary(closing({ ...summary, score }));
    expect(text()).toContain('Incidents found: 0 of 1\n');
  });
});

describe('the progress line', () => {
  it('is redrawn in place on a terminal, and steps aside for an alert', () => {
    const { screen, written } = record({ colour: false, inPlace: true });
    screen.progress(progress(at('06T00:00'), 1000));
    screen.progress(progress(at('06T01:00'), 2000));
    screen.note('stopped by a signal');
    screen.close();
    const first = '  5 %  Tue 06 Jan 00:00  1,000 lines  412k/s  1 window  3 alerts';
    const second = '  5 %  Tue 06 Jan 01:00  2,000 lines  412k/s  1 window  3 alerts';
    expect(written).toEqual([first, `\r\x1b[K${second}`, `\r\x1b[Kstopped by a signal\n${second}`, '\n']);
  });

  it('is printed once for each tenth elsewhere', () => {
    const { screen, written } = record(plain);
    for (let hour = 0; hour < 480; hour++) screen.progress(progress(at('05T00:00') + hour * 60 * minute, hour));
    screen.close();
    expect(written).toHaveLength(9);
    expect(written[0]).toBe(' 10 %  Wed 07 Jan 00:00  48 lines  412k/s  1 window  3 alerts\n');
  });
});

describe('everything on the screen', () => {
  it.each([60, 80, 100])('fits into %d columns', (columns) => {
    const { screen, text } = record({ ...plain, columns });
    const long = '長い名前のサービス-'.repeat(12);
    screen.progress(progress(at('24T23:00'), 9e12));
    screen.alert(card);
    screen.alert({
      ...card,
      what: long,
      template: { text: long, sample: long, isNew: true },
      believed: { detector: long, why: long },
    });
    screen.summary(
      closing({
        ...summary,
        score: { ...summary.score, falseAlerts: [{ name: long, alerts: 12345, perWeek: 999.9 }] },
        policies: summary.policies.map((policy) => ({ ...policy, name: long })),
      }),
    );
    screen.note(long);
    for (const line of text().split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });
});

describe('screenOptions', () => {
  it('is plain without a terminal, on a dumb one, and without colour where NO_COLOR is set', () => {
    expect(screenOptions({}, {})).toEqual({ colour: false, inPlace: false, columns: 80 });
    expect(screenOptions({ isTTY: true, columns: 200 }, { TERM: 'dumb' })).toEqual({
      colour: false,
      inPlace: false,
      columns: 80,
    });
    expect(screenOptions({ isTTY: true, columns: 80 }, { NO_COLOR: '1' })).toEqual({
      colour: false,
      inPlace: true,
      columns: 80,
    });
    expect(screenOptions({ isTTY: true, columns: 300 }, {})).toEqual({ colour: true, inPlace: true, columns: 100 });
  });
});
