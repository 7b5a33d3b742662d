/** A curve with its table: the canvas is for eyes, the table says the same to everybody. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { clock, day, moment, short } from '../wording.js';
import { Scroll } from './bits.js';

export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly tone: 'main' | 'second' | 'faint';
  /** Points alone. */
  readonly dots?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly note?: string;
  /** ms since 1970, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  /** A band between two rows of values. */
  readonly band?: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] };
  /** Moments that are marked: deploys, verdicts. */
  readonly marks?: readonly number[];
  readonly height?: number;
  /** Called with a range that was dragged, ms. */
  readonly onSelect?: (from: number, to: number) => void;
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const tones = { main: '--line', second: '--line-2', faint: '--line-3' } as const;

/** Rows that a table has at most: those of the end. */
const maxRows = 200;

export function Chart(props: ChartProps) {
  const { title, note, times, lines, height = 150 } = props;
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = `${lines.map(({ label }) => label).join('|')}|${props.band ? 'band' : ''}`;

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(optionsOf(latest.current, element.clientWidth || 300, height), dataOf(latest.current), element);
    };
    draw();
    const sizes = new ResizeObserver(() => {
      if (plot && element.clientWidth > 0 && element.clientWidth !== plot.width)
        plot.setSize({ width: element.clientWidth, height });
    });
    sizes.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    addEventListener('themechange', draw);
    return () => {
      sizes.disconnect();
      dark.removeEventListener('change', draw);
      removeEventListener('themechange', draw);
      plot?.destroy();
    };
  }, [shape, times, props.marks?.length]);

  return (
    <figure class="chart">
      <figcaption>
        {title}
        {note ? <span class="note"> {note}</span> : null}
      </figcaption>
      <div class="plot" ref={box} aria-hidden="true" />
      <details>
        <summary>
          Table<span class="unseen"> of {title}</span>
        </summary>
        <Scroll label={`Values of ${title}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">UTC</th>
                {lines.map(({ label }) => (
                  <th scope="col" key={label}>
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times
                .map((time, i) => ({ time, i }))
                .slice(-maxRows)
                .map(({ time, i }) => (
                  <tr key={i}>
                    <th scope="row">{moment(time)}</th>
                    {lines.map(({ label, values }) => (
                      <td key={label}>{values[i] === null ? '' : short(values[i]!)}</td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}

const dataOf = ({ times, lines, band }: ChartProps): uPlot.AlignedData =>
  [
    times.map((time) => time / 1000),
    ...lines.map(({ values }) => values as (number | null)[]),
    ...(band ? [band.low as (number | null)[], band.high as (number | null)[]] : []),
  ] as uPlot.AlignedData;

function optionsOf({ lines, band, marks = [], onSelect }: ChartProps, width: number, height: number): uPlot.Options {
  const grid = { stroke: colour('--grid'), width: 1 };
  const axis = { stroke: colour('--faint'), grid, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  const series: uPlot.Series[] = [
    {},
    ...lines.map(({ label, tone, dots }): uPlot.Series => ({
      label,
      stroke: colour(tones[tone]),
      width: tone === 'main' ? 1.6 : 1.2,
      ...(tone === 'second' ? { dash: [5, 4] } : {}),
      points: dots ? { show: true, size: 7, fill: colour(tones[tone]) } : { show: false },
      ...(dots ? { paths: () => null } : {}),
      spanGaps: false,
    })),
    ...(band
      ? [
          { label: 'low', points: { show: false } },
          { label: 'high', points: { show: false } },
        ]
      : []),
  ];
  const n = lines.length;
  return {
    width,
    height,
    series,
    legend: { show: false },
    ...(band ? { bands: [{ series: [n + 2, n + 1] as [number, number], fill: colour('--band') }] } : {}),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { y: false, points: { show: false }, drag: { x: onSelect !== undefined, y: false, setScale: false } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 70,
        values: (_plot, seconds) =>
          seconds.map((at, i) => {
            const isMidnight = at % 86_400 === 0;
            const steps = i > 0 ? at - seconds[i - 1]! : 0;
            return isMidnight || steps >= 86_400 ? day(at * 1000).slice(4) : clock(at * 1000);
          }),
      },
      { ...axis, size: 44, values: (_plot, values) => values.map((value) => short(value)) },
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide > 4) onSelect?.(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + wide, 'x') * 1000);
        },
      ],
      draw: [
        (plot) => {
          const { ctx, bbox } = plot;
          ctx.save();
          ctx.strokeStyle = colour('--mark');
          ctx.setLineDash([3, 3]);
          for (const mark of marks) {
            const x = Math.round(plot.valToPos(mark / 1000, 'x', true));
            if (x < bbox.left || x > bbox.left + bbox.width) continue;
            ctx.beginPath();
            ctx.moveTo(x, bbox.top);
            ctx.lineTo(x, bbox.top + bbox.height);
            ctx.stroke();
          }
          ctx.restore();
        },
      ],
    },
  };
}
