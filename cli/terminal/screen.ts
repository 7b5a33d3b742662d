/** A screen: a progress line, alerts as they fire, closing lines. Text only, 80 columns, no cursor games. */
import { type AlertCard, renderCard } from './card.js';
import { cut } from './columns.js';
import { paint, type Paint } from './paint.js';
import { moment, plural, whole } from './wording.js';

export type { AlertCard, StandingOut } from './card.js';

export interface ScreenProgress {
  /** Event time reached, and where it starts and ends; ms. */
  readonly eventTime: number;
  readonly start: number;
  readonly end: number;
  readonly lines: number;
  readonly linesPerSecond: number;
  readonly windows: number;
  readonly alerts: number;
}

export interface ScreenOptions {
  /** Colours may be used. */
  readonly colour: boolean;
  /** The progress line is redrawn in place; else it is printed once for each tenth of the event time. */
  readonly inPlace: boolean;
  /** Default 80. */
  readonly columns?: number;
}

export interface Screen {
  progress(progress: ScreenProgress): void;
  alert(card: AlertCard): void;
  /** A line of its own, wherever the progress stands. */
  note(text: string): void;
  /** The last thing on it, for this width and these colours. */
  summary(render: (columns: number, paint: Paint) => readonly string[]): void;
  /** Leaves the cursor on an empty line; to be called however the demo ends. */
  close(): void;
}

/**
 * What an output can do: plain where NO_COLOR (no-color.org) is set, it is no terminal, or a dumb one.
 * A wider terminal is used to its width, up to 100 columns.
 */
export function screenOptions(stream: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv): ScreenOptions {
  const terminal = stream.isTTY === true && env.TERM !== 'dumb';
  const columns = terminal ? Math.max(60, Math.min(100, stream.columns ?? 80)) : 80;
  return { colour: terminal && !env.NO_COLOR, inPlace: terminal, columns };
}

/**
 * @example
 * const screen = createScreen(process.stdout, screenOptions(process.stdout, process.env));
 */
export function createScreen(
  stream: { write(text: string): unknown },
  { colour, inPlace, columns = 80 }: ScreenOptions,
): Screen {
  const colours = paint(colour);
  let drawn = '';
  let tenths = 0;
  const print = (lines: readonly string[]): void => {
    const clear = drawn === '' ? '' : '\r\x1b[K';
    stream.write(`${clear}${lines.map((line) => `${line}\n`).join('')}${drawn}`);
  };

  return {
    progress(progress) {
      const done = (progress.eventTime - progress.start) / (progress.end - progress.start);
      // The last column stays free: writing into it makes some terminals begin a new line.
      const line = cut(progressLine(progress, done), columns - 1);
      if (inPlace) {
        if (line === drawn) return;
        stream.write(`${drawn === '' ? '' : '\r\x1b[K'}${line}`);
        drawn = line;
      } else if (Math.floor(done * 10) > tenths) {
        tenths = Math.floor(done * 10);
        print([line]);
      }
    },
    alert(card) {
      print([...renderCard(card, columns, colours), '']);
    },
    note(text) {
      print([cut(text, columns)]);
    },
    summary(render) {
      if (drawn !== '') stream.write('\n\n');
      drawn = '';
      print(render(columns, colours));
    },
    close() {
      if (drawn !== '') stream.write('\n');
      drawn = '';
    },
  };
}

const progressLine = ({ eventTime, lines, linesPerSecond, windows, alerts }: ScreenProgress, done: number): string =>
  [
    `${String(Math.floor(100 * done)).padStart(3)} %`,
    moment(eventTime),
    `${whole(lines)} lines`,
    `${whole(linesPerSecond / 1000)}k/s`,
    plural(windows, 'window'),
    plural(alerts, 'alert'),
  ].join('  ');
