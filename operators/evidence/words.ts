/** Says in people's words what aspects of a log service stand out, and where. */
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import { aspectNames, symptoms, type AspectName } from '../../models/features/aspects.js';
import { LOG_STEPS } from '../../records/aggregate.js';
import type { AspectNote, FeatureRow } from '../../records/row.js';
import type { Decision } from '../../records/score.js';

/** Aspects that lead a summary, and how far below the first a second one may be, in u. */
const LED_BY = 2;
const NEAR = 1;

/** One line: the aspects that stand out most, symptoms first where they fired. */
export function aspectSummary({ scores, fired }: Decision, row: FeatureRow): string {
  const notes = new Map((row.notes ?? []).map((note) => [note.aspect, note]));
  const ranked = scores
    .filter(({ detector }) => {
      const place = aspectNames.indexOf(detector as AspectName);
      return place >= 0 && (!fired || place < symptoms);
    })
    .sort((a, b) => b.u - a.u || (a.detector < b.detector ? -1 : 1));
  const led = ranked.filter(({ u }, i) => i < LED_BY && u >= ranked[0]!.u - NEAR);
  return led.map(({ detector }) => phrase(detector as AspectName, notes.get(detector), row)).join(', ');
}

function phrase(aspect: AspectName, note: AspectNote | undefined, row: FeatureRow): string {
  const at = textOf(note, row);
  const counts = note ? ` (${short(note.actual)}, usually ${short(note.typical)})` : '';
  switch (aspect) {
    case 'errors':
      return `more errors${at}${counts}`;
    case 'refusals':
      return `more refused requests${at}${counts}`;
    case 'warnings':
      return `more warnings${at}${counts}`;
    case 'latency':
      return `slower${at}${note ? ` (${durationOf(note.actual)}, usually ${durationOf(note.typical)})` : ''}`;
    case 'numbers':
      return `a higher number${at}${note ? ` (${short(numberOf(note.actual))}, usually ${short(numberOf(note.typical))})` : ''}`;
    case 'silence':
      return 'no line at all';
    case 'volume down':
      return `fewer lines${counts}`;
    case 'volume up':
      return `more lines${counts}`;
    case 'flood':
      return `a flood of lines${counts}`;
    case 'overdue':
      return `a line is overdue${at}${note ? ` (none for ${short(note.actual)} min, usually every ${short(note.typical)})` : ''}`;
    case 'absent':
      if (note?.template === 0) return `fewer requests of one route${counts}`;
      return `a usual line does not come${at}${note ? ` (none for ${short(note.actual)} min)` : ''}`;
    case 'restarts':
      return 'it starts again and again';
    case 'replica':
      return `one replica is unlike the others${counts}`;
    case 'novelty':
      return 'new kinds of lines';
    case 'mix':
      return 'another mix of lines';
    case 'drift':
      return 'a slow drift of volume or latency';
  }
}

const longest = 80;
function textOf(note: AspectNote | undefined, { templates }: FeatureRow): string {
  if (!note || note.template === 0) return '';
  const text = note.text || templates.find(({ id }) => id === note.template)?.text;
  if (text === undefined) return '';
  return ` in "${text.length > longest ? `${text.slice(0, longest - 1)}…` : text}"`;
}

/** Back from `logOf`. */
const numberOf = (steps: number): number => exp((ln(2) * steps) / LOG_STEPS) - 1;
function durationOf(steps: number): string {
  const ms = numberOf(steps) / 1000;
  return ms >= 10_000 ? `${short(ms / 1000)} s` : `${short(ms)} ms`;
}

function short(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}
