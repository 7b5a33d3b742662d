/** What a run that ends says of itself. */
import type { RunFigures } from '../../service/figures.js';
import { column, cut } from './columns.js';
import { remedyOf } from './remedies.js';
import { plural, span, whole } from './wording.js';

const labelWidth = 10;
const counted = (reasons: readonly (readonly [string, number])[]): string =>
  reasons.map(([reason, count]) => `${reason} ${whole(count)}`).join(', ');

/** Lines of at most `columns`. */
export function renderRunSummary(figures: RunFigures, seconds: number, columns = 80): string[] {
  const { lines, read, joined, refused, reasons, dropped, entities, windows, fired, resolved, firing, past } = figures;
  const row = (name: string, text: string): string => cut(`  ${column(name, labelWidth)}${text}`, columns);
  const rate = seconds >= 1 ? `, ${whole(lines / seconds)} a second` : '';
  const [worst] = reasons;
  const kinds = Object.entries(entities).map(([kind, count]) => {
    const noun = { service: 'service', series: 'series', session: 'session class' }[kind] ?? kind;
    return noun === 'series'
      ? `${whole(count)} series`
      : `${whole(count)} ${noun}${count === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`;
  });
  return [
    cut(`Read ${plural(lines, 'line')} in ${span(seconds * 1000)}${rate}`, columns),
    row('read', whole(read)),
    row('joined', whole(joined)),
    row('refused', refused === 0 ? '0' : `${whole(refused)}: ${counted(reasons)}`),
    ...(worst && worst[0] !== 'empty' ? [row('', `${worst[0]}: ${remedyOf(worst[0])}`)] : []),
    ...(Object.keys(dropped).length > 0 ? [row('dropped', `after reading: ${counted(Object.entries(dropped))}`)] : []),
    row('watched', kinds.join(', ') || 'nothing'),
    row('windows', whole(windows)),
    row(
      'alerts',
      `${whole(fired)} fired, ${whole(resolved)} resolved${firing > 0 ? `, ${whole(firing)} firing` : ''}${past > 0 ? `; ${whole(past)} of the past were not notified` : ''}`,
    ),
  ];
}
