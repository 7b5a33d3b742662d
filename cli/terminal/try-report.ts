/** What `tocsin try` shows: how a sample was read, in 80 columns. */
import { formatDuration } from '../../config/duration.js';
import type { TriedLine } from '../../offline/try/fates.js';
import type { TryResult } from '../../offline/try/tried.js';
import { entityFromKey } from '../../records/entity.js';
import { column, cut, visible, wrap } from './columns.js';
import type { Paint } from './paint.js';
import { remedyOf } from './remedies.js';
import { figure, plural, span, whole } from './wording.js';

/** Rows of each table. */
const maxRows = 10;

type ReadRow = TriedLine & { readonly status: 'read' };
type RefusedRow = TriedLine & { readonly status: 'refused' };

/** Lines of the report, each at most `columns` wide. */
export function renderTried(tried: TryResult, columns: number, paint: Paint): string[] {
  const { lines, isCut } = tried;
  const of = (status: TriedLine['status']): number => lines.filter((line) => line.status === status).length;
  const share = (count: number): string => `${figure((100 * count) / Math.max(1, lines.length))} %`;
  const [read, joined, refused] = [of('read'), of('joined'), of('refused')];
  const total = `${isCut ? 'the first ' : ''}${plural(lines.length, 'line')}: ${whole(read)} read (${share(read)}), ${whole(joined)} joined, ${whole(refused)} refused`;
  return [
    paint.bold(cut(total, columns)),
    ...refusals(lines, columns, paint),
    ...order(tried, columns, paint),
    ...joins(lines, columns, paint),
    ...facts(lines, columns, paint),
    ...entities(tried, columns, paint),
    ...templates(tried, columns, paint),
    ...unused(tried, columns, paint),
    ...examples(lines, columns, paint),
  ];
}

const titled = (title: string, rows: readonly string[], columns: number, { bold }: Paint): string[] =>
  rows.length === 0 ? [] : ['', bold(cut(title, columns)), ...rows];

const more = (count: number, noun: string): string[] => (count > 0 ? [`  and ${plural(count, `more ${noun}`)}`] : []);

function refusals(lines: readonly TriedLine[], columns: number, paint: Paint): string[] {
  const byReason = new Map<string, RefusedRow[]>();
  for (const line of lines) {
    if (line.status !== 'refused') continue;
    byReason.set(line.reason, [...(byReason.get(line.reason) ?? []), line]);
  }
  const rows = [...byReason]
    .sort(([, a], [, b]) => b.length - a.length)
    .flatMap(([reason, [first, ...others]]) => [
      ...wrap(visible(first!.detail), columns - 30, 8).map(
        (text, i) =>
          `  ${column(i === 0 ? reason : '', 18)} ${column(i === 0 ? whole(others.length + 1) : '', 6, 'end')}  ${text}`,
      ),
      paint.dim(cut(`      line ${first!.line}: ${visible(first!.text)}`, columns)),
      ...wrap(`what to do: ${remedyOf(reason)}`, columns - 6, 6).map((text) => `      ${text}`),
    ]);
  return titled('Refused', rows, columns, paint);
}

/** What a run would refuse as late, and the two ways out. */
function order({ late, lines }: TryResult, columns: number, paint: Paint): string[] {
  if (!late) return [];
  const read = lines.filter(({ status }) => status === 'read').length;
  const rows = [
    ...wrap(
      `${whole(late.lines)} of ${plural(read, 'line')} that were read are behind an earlier line by more than windows.lateness, at most by ${span(late.farthest)}: a run refuses them as late`,
      columns - 2,
      4,
    ),
    ...wrap(`what to do: ${remedyOf('late')}; here windows.lateness would be ${enough(late.farthest)}`, columns - 2, 6),
  ].map((text) => `  ${text}`);
  return titled('Out of order', rows, columns, paint);
}

/** The next whole unit above a span of ms, as a configuration has it. */
function enough(ms: number): string {
  const unit = [1000, 60_000, 3_600_000].find((size) => ms < 100 * size) ?? 86_400_000;
  return formatDuration((Math.floor(ms / unit) + 1) * unit);
}

function joins(lines: readonly TriedLine[], columns: number, paint: Paint): string[] {
  const joined = lines.filter((line) => line.status === 'joined');
  const rows = joined
    .slice(0, 3)
    .map(({ line, to, text }) => cut(`  line ${line} belongs to line ${to}: ${visible(text)}`, columns));
  return titled('Joined to the line before', [...rows, ...more(joined.length - rows.length, 'line')], columns, paint);
}

/** Times, levels, outcomes and durations. */
function facts(lines: readonly TriedLine[], columns: number, paint: Paint): string[] {
  const records = lines.flatMap((line) => (line.status === 'read' && line.record ? [line.record] : []));
  if (records.length === 0) return [];
  const times = records.map(({ time }) => time);
  const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const row = (name: string, text: string): string => cut(`  ${column(name, 11)}${text}`, columns);
  const counted = (values: readonly string[]): string => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([value, count]) => `${value} ${whole(count)}`)
      .join(', ');
  };
  const logs = records.flatMap(({ log }) => log ?? []);
  const outcomes = logs.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'unknown');
  const values = records.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  const span = values.length > 0 ? `${figure(Math.min(...values))} to ${figure(Math.max(...values))}` : 'none';
  const found = values.length > 0 ? ` in ${plural(values.length, 'line')}` : '';
  return titled(
    'Found',
    [
      row('times', `${iso(from)} to ${iso(to)} UTC`),
      ...(logs.length > 0
        ? [
            row('levels', counted(logs.map(({ level }) => level))),
            row('outcomes', outcomes.length > 0 ? counted(outcomes) : 'none'),
            row('durations', `${span}${values.length > 0 ? ' ms' : ''}${found}`),
          ]
        : [row('values', `${span}${found}`)]),
    ],
    columns,
    paint,
  );
}

function entities({ entities: all }: TryResult, columns: number, paint: Paint): string[] {
  const rows = all
    .slice(0, maxRows)
    .map(({ key, records }) => cut(`  ${column(whole(records), 7, 'end')}  ${visible(nameOf(key))}`, columns));
  const title = `Would be watched: ${whole(all.length)} (lines each)`;
  return titled(title, [...rows, ...more(all.length - rows.length, 'of them')], columns, paint);
}

function nameOf(key: string): string {
  const { kind, labels } = entityFromKey(key);
  return `${kind} ${Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`;
}

function templates({ lines, templates: catalogue }: TryResult, columns: number, paint: Paint): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const text = templateOf(line, catalogue);
    if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const rows = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, maxRows)
    .map(([text, count]) => cut(`  ${column(whole(count), 7, 'end')}  ${visible(text)}`, columns));
  return titled(
    `Templates: ${whole(counts.size)}`,
    [...rows, ...more(counts.size - rows.length, 'template')],
    columns,
    paint,
  );
}

/** The template of a line that was read. */
export function templateOf(line: TriedLine, templates: TryResult['templates']): string | undefined {
  if (line.status !== 'read' || !line.record?.log) return undefined;
  const { signature, masked } = line.record.log;
  return templates.templateOf(signature, masked).text;
}

function unused({ unused: fields, looked }: TryResult, columns: number, paint: Paint): string[] {
  const rows = fields
    .slice(0, maxRows)
    .map(({ path, records, example }) =>
      cut(`  ${column(visible(path), 28)} in ${records} of ${looked}, such as ${visible(example)}`, columns),
    );
  const hint =
    rows.length > 0
      ? [cut('  to use one: name it in fields.level, fields.value or fields.labels of the source', columns)]
      : [];
  const rest = more(fields.length - Math.min(fields.length, maxRows), 'field');
  return titled('Fields that were found and not used', [...rows, ...rest, ...hint], columns, paint);
}

function examples(lines: readonly TriedLine[], columns: number, paint: Paint): string[] {
  const rows = lines
    .filter((line): line is ReadRow => line.status === 'read')
    .slice(0, 5)
    .map(({ line, record }) => {
      if (!record) return `  ${line}: holds no record`;
      const { time, entity, log, value } = record;
      const what = log ? `${column(log.level, 7)} ${visible(log.message)}` : String(value);
      const service = entity.labels.service ?? Object.values(entity.labels)[0] ?? '';
      return cut(`  ${line}: ${new Date(time).toISOString()} ${visible(service)} ${what}`, columns);
    });
  return titled('As read: line, time, service, level, message', rows, columns, paint);
}
