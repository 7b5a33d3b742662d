/** The closing tables: what was found and what was missed, what it cost, and whether choosing detectors paid. */
import { column, cut, visible, wrap } from './columns.js';
import type { Paint } from './paint.js';
import type { Score } from '../../lab/judge/score.js';
import type { PolicyRow } from '../../lab/judge/tally.js';
import { signTest } from '../../lab/judge/sign-test.js';
import { figure, moment, plural, span, whole } from './wording.js';

export interface DemoSummary {
  readonly seed: number;
  readonly lines: number;
  readonly windows: number;
  /** Event time, and how long the run took. */
  readonly days: number;
  readonly seconds: number;
  readonly score: Score;
  /** The first week, of which nothing was known before. */
  readonly first: Score;
  /** False alerts a week that each service may have at most. */
  readonly budgetPerWeek: number;
  readonly verdicts: number;
  readonly selector: { readonly found: number; readonly falseAlerts: number };
  readonly policies: readonly PolicyRow[];
}

/** Below this p-value of the sign test two policies count as different. */
const significance = 0.1;

/** Lines of the closing tables, each at most `columns` wide. */
export function renderSummary(summary: DemoSummary, columns: number, paint: Paint): string[] {
  const { lines, days, seconds, windows, seed } = summary;
  const run = `${whole(lines)} lines, ${figure(days)} days, ${whole(windows)} windows in ${figure(seconds)} s (seed ${seed})`;
  return [
    cut(run, columns),
    '',
    ...firstWeek(summary, columns, paint),
    '',
    ...incidents(summary, columns, paint),
    '',
    ...expectedChanges(summary, columns, paint),
    '',
    ...falseAlerts(summary, columns, paint),
    '',
    ...selection(summary, columns, paint),
  ];
}

/** What was seen while the models that ship with tocsin and the first own ones scored. */
function firstWeek({ first, budgetPerWeek }: DemoSummary, columns: number, { bold }: Paint): string[] {
  const { found, injected, medianDelayMs, falseAlerts: costs } = first;
  const median = medianDelayMs === undefined ? '' : `, half of them within ${span(medianDelayMs)}`;
  const alerts = costs.reduce((sum, each) => sum + each.alerts, 0);
  const budget = `${figure(alerts / costs.length)} false alerts a service (budget ${figure(budgetPerWeek)})`;
  return [
    bold(cut(`First week, nothing known before: found ${found} of ${injected}${median}`, columns)),
    cut(`  ${budget}`, columns),
  ];
}

function incidents({ score }: DemoSummary, columns: number, { bold, dim, green, red }: Paint): string[] {
  const { found, injected, medianDelayMs, outcomes } = score;
  const median = medianDelayMs === undefined ? '' : `, half of them within ${span(medianDelayMs)}`;
  const where = columns - 2 - 18 - 17 - 8 - 12;
  return [
    bold(cut(`Incidents found: ${found} of ${injected}${median}`, columns)),
    dim(
      cut(
        `  ${column('when (UTC)', 18)}${column('kind', 17)}${column('where', where)}${column('found', 8)}after`,
        columns,
      ),
    ),
    ...outcomes.map(({ incident, found: hit, delayMs }) => {
      const place = visible(incident.services.join(', '));
      const cells = `  ${column(moment(incident.start), 18)}${column(incident.kind, 17)}${column(place, where - 1)} `;
      return hit ? `${cells}${green(column('yes', 8))}${span(delayMs!)}` : `${cells}${red('MISSED')}`;
    }),
  ];
}

function expectedChanges({ score }: DemoSummary, columns: number, { bold, green, yellow }: Paint): string[] {
  const paged = score.expectedChanges.filter(({ alerts }) => alerts > 0).length;
  const where = columns - 2 - 18 - 17 - 20;
  return [
    bold(cut(`Expected changes that paged: ${paged} of ${score.expectedChanges.length}`, columns)),
    ...score.expectedChanges.map(({ incident, alerts }) => {
      const place = visible(incident.services.join(', '));
      const cells = `  ${column(moment(incident.start), 18)}${column(incident.kind, 17)}${column(place, where - 1)} `;
      return cells + (alerts === 0 ? green('quiet') : yellow(`PAGED, ${plural(alerts, 'alert')}`));
    }),
  ];
}

function falseAlerts(
  { score, budgetPerWeek }: DemoSummary,
  columns: number,
  { bold, dim, green, yellow }: Paint,
): string[] {
  const name = columns - 2 - 8 - 10 - 12;
  return [
    bold(
      cut(
        `False alerts in ${score.weeks.toFixed(1)} weeks (budget: at most ${figure(budgetPerWeek)} a week each)`,
        columns,
      ),
    ),
    dim(cut(`  ${column('service', name)}${column('alerts', 8, 'end')}${column('a week', 10, 'end')}`, columns)),
    ...score.falseAlerts.map((row) => {
      const cells = `  ${column(visible(row.name), name)}${column(String(row.alerts), 8, 'end')}${column(row.perWeek.toFixed(1), 10, 'end')}  `;
      return cells + (row.perWeek <= budgetPerWeek ? green('within') : yellow('OVER'));
    }),
  ];
}

function selection(summary: DemoSummary, columns: number, { bold, dim }: Paint): string[] {
  const { score, selector, policies, verdicts } = summary;
  const row = (name: string, { found, falseAlerts }: { found: number; falseAlerts: number }, against: string): string =>
    cut(
      `  ${column(name, 14)}${column(`${found} of ${score.injected}`, 10)}${column(String(falseAlerts), 14)}${against}`,
      columns,
    ).trimEnd();
  const same = policies.filter((policy) => signTest(policy.selectorBetter, policy.selectorWorse) >= significance);
  const lines = [
    bold(
      cut(
        `Whom to trust: the selector after ${plural(verdicts, 'verdict')}, beside others on the same windows`,
        columns,
      ),
    ),
    dim(
      cut(`  ${column('policy', 14)}${column('found', 10)}${column('false alerts', 14)}against the selector`, columns),
    ),
    row('selector', selector, ''),
    ...policies.map((policy) => {
      const { selectorBetter: better, selectorWorse: worse } = policy;
      const result = same.includes(policy) ? 'no clear difference' : better > worse ? 'worse' : 'better';
      return row(visible(policy.name), policy, `${result} (right alone ${worse}:${better})`);
    }),
  ];
  if (same.length > 0) {
    const names = same.map(({ name }) => visible(name)).join(', ');
    lines.push(
      ...wrap(`${score.weeks.toFixed(1)} weeks are too few to tell the selector apart from: ${names}.`, columns),
    );
  }
  return lines;
}
