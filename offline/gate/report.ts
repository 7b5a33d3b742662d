/** The report of a gate: for machines, for a change request, and for a browser; and its signature. */
import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { StartError } from '../../runtime/start-error.js';
import { escapeHtml, htmlPage } from '../html-page.js';
import type { GateReport } from './run.js';

export const reportForms = ['json', 'md', 'html'] as const;
export type ReportForm = (typeof reportForms)[number];

const iso = (ms: number): string => new Date(ms).toISOString();
const verdictOf = ({ passed }: GateReport): string => (passed ? 'passed' : 'refused');

export function reportText(report: GateReport, form: ReportForm): string {
  if (form === 'json') return `${JSON.stringify(report, undefined, 2)}\n`;
  return form === 'md' ? markdownOf(report) : htmlOf(report);
}

function markdownOf(report: GateReport): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  return [
    `# Gate: ${verdictOf(report)}`,
    '',
    `Candidate \`${report.candidate}\`, champion \`${report.champion || 'none'}\`, windows from ${iso(report.from)} to ${iso(report.to)}.`,
    '',
    '| Check | | Figures |',
    '|---|---|---|',
    ...report.checks.map(
      ({ name, passed, said }) => `| ${name} | ${passed ? 'passed' : '**refused**'} | ${cell(said)} |`,
    ),
    '',
  ].join('\n');
}

function htmlOf(report: GateReport): string {
  const rows = report.checks
    .map(
      ({ name, passed, said }) =>
        `<tr class="${passed ? 'ok' : 'no'}"><td>${escapeHtml(name)}</td><td>${passed ? 'passed' : 'refused'}</td><td>${escapeHtml(said)}</td></tr>`,
    )
    .join('\n');
  return htmlPage(
    `Gate: ${verdictOf(report)}`,
    `<p>Candidate <code>${escapeHtml(report.candidate)}</code>, champion <code>${escapeHtml(report.champion || 'none')}</code>,
windows from ${iso(report.from)} to ${iso(report.to)}.</p>
<table>${rows}</table>
<h2>Alerts a day</h2>
${plotOf(report)}`,
  );
}

/** Two bars a day: the candidate's alerts, dark, and the champion's. */
function plotOf({ days }: GateReport): string {
  const most = Math.max(1, ...days.map(({ candidate, champion }) => Math.max(candidate, champion)));
  const [width, height] = [40, 120];
  const bar = (x: number, value: number, colour: string): string => {
    const high = (height * value) / most;
    return `<rect x="${x}" y="${height - high + 10}" width="14" height="${high}" fill="${colour}"><title>${value}</title></rect>`;
  };
  const bars = days.map(
    ({ day, candidate, champion }, i) =>
      `${bar(i * width + 4, candidate, '#24518a')}${bar(i * width + 20, champion, '#b9c6d8')}<text x="${i * width + 2}" y="${height + 24}" font-size="8">${day.slice(5)}</text>`,
  );
  return `<svg viewBox="0 0 ${days.length * width} ${height + 30}" role="img" aria-label="alerts a day">${bars.join('')}</svg>
<p>Dark: candidate. Light: champion. The highest bar is ${most}.</p>`;
}

/**
 * An Ed25519 signature of the report's bytes, in base64.
 *
 * @param keyFile private key, PEM
 * @throws StartError where it is none
 */
export async function signatureOf(text: string, keyFile: string): Promise<string> {
  try {
    const key = createPrivateKey(await readFile(keyFile));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key for ${key.asymmetricKeyType}`);
    return sign(null, Buffer.from(text), key).toString('base64');
  } catch (error) {
    throw new StartError(
      `--sign ${keyFile} is no Ed25519 key in PEM (${(error as Error).message}): make one with openssl genpkey -algorithm ed25519`,
    );
  }
}
