/** What drifted, as a page. */
import type { DriftAlarm, DriftReport, DriftStanding } from '../../training/drift/find.js';
import { escapeHtml, htmlPage } from '../html-page.js';

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
const row = (cells: readonly string[], tag = 'td'): string => cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('');

function standingRow({ entity, isDrifted, at, days, alarms, worst }: DriftStanding): string {
  const cells = [
    `<code>${escapeHtml(entity)}</code>`,
    isDrifted ? 'drifted' : 'as it was',
    day(at),
    `${alarms} of ${days}`,
    worst ? `${escapeHtml(worst.name)} (${worst.shift >= 0 ? '+' : ''}${worst.shift.toFixed(2)} sd)` : '',
  ];
  return `<tr class="${isDrifted ? 'no' : 'ok'}">${row(cells)}</tr>`;
}

const alarmRows = ({ entity, at, series }: DriftAlarm): string =>
  series
    .map(({ name, p, shift, ks, wasserstein, jensenShannon, psi }) => {
      const figures = [shift, ks, wasserstein, jensenShannon, psi].map((value) => value.toFixed(3));
      return `<tr>${row([day(at), `<code>${escapeHtml(entity)}</code>`, escapeHtml(name), p.toExponential(1), ...figures])}</tr>`;
    })
    .join('\n');

export function driftPage({ entities, alarms, young, expected, verdicts }: DriftReport): string {
  const drifted = entities.filter(({ isDrifted }) => isDrifted).length;
  return htmlPage(
    `Drift: ${drifted} of ${entities.length} entities`,
    `<p>On the last day of each. ${young} have too short a past. ${alarms.length} days drifted in all; without any drift
${expected.toFixed(1)} would be expected. The share of ${verdicts.answers} answers that called an alert an anomaly changed
${verdicts.changes.length === 0 ? 'at no time' : `at ${verdicts.changes.map(day).join(', ')}`}.</p>
<table><tr>${row(['Entity', 'Last day', 'Up to', 'Days drifted', 'Furthest out'], 'th')}</tr>
${[...entities]
  .sort((a, b) => Number(b.isDrifted) - Number(a.isDrifted))
  .map(standingRow)
  .join('\n')}</table>
<h2>Days and series</h2>
<table><tr>${row(['Day up to', 'Entity', 'Series', 'p', 'Shift, sd', 'KS', 'Wasserstein, sd', 'Jensen-Shannon', 'PSI'], 'th')}</tr>
${alarms.map(alarmRows).join('\n')}</table>`,
  );
}
