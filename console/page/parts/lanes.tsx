/** Swim lanes: a grid of entities by time. One stop of the tab key; arrows move in it, Enter lists a cell's decisions. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CellRow, LaneRow } from '../rows.js';
import { clock, day, moment, plural, short } from '../wording.js';
import { EntityLink } from './bits.js';

export interface LanesProps {
  readonly lanes: readonly LaneRow[];
  /** ms since 1970. */
  readonly from: number;
  readonly step: number;
  readonly chosen: { readonly entity: string; readonly at: number } | undefined;
  readonly onChoose: (entity: string, at: number) => void;
}

/** How near to firing, or how far above: by return level against the threshold. */
export function levelOf({ windows, fired, over }: CellRow): string {
  if (windows === 0) return 'none';
  if (fired > 0) return (over ?? 0) >= 1 ? 'high' : (over ?? 0) >= 0.4 ? 'mid' : 'low';
  return over !== null && over > -0.5 ? 'near' : 'calm';
}

function words(name: string, { windows, fired, over, u }: CellRow, begin: number, step: number): string {
  const when = `${moment(begin)} to ${clock(begin + step)}`;
  if (windows === 0) return `${name}, ${when}: no decision`;
  const level =
    u === null
      ? 'not scored yet'
      : `largest return level ${short(u)}, ${short(Math.abs(over ?? 0))} ${(over ?? 0) >= 0 ? 'above' : 'below'} the threshold`;
  return `${name}, ${when}: ${fired} of ${plural(windows, 'decision')} fired, ${level}`;
}

export function Lanes({ lanes, from, step, chosen, onChoose }: LanesProps) {
  const grid = useRef<HTMLTableElement>(null);
  const columns = lanes[0]?.cells.length ?? 0;
  const [focus, setFocus] = useState({ row: 0, column: Math.max(0, columns - 1) });
  const [isIn, setIn] = useState(false);
  const row = Math.min(focus.row, lanes.length - 1);
  const column = Math.min(focus.column, columns - 1);

  useEffect(() => {
    if (isIn) grid.current?.querySelector<HTMLElement>('td[tabindex="0"]')?.focus();
  }, [row, column, isIn]);

  const move = (event: KeyboardEvent): void => {
    const steps: Record<string, readonly [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      Home: [0, -columns],
      End: [0, columns],
      PageUp: [-10, 0],
      PageDown: [10, 0],
    };
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (lanes[row]) onChoose(lanes[row].entity, column);
      return;
    }
    const by = steps[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    setFocus({
      row: Math.max(0, Math.min(lanes.length - 1, row + by[0])),
      column: Math.max(0, Math.min(columns - 1, column + by[1])),
    });
  };

  return (
    <div class="lanes">
      <table
        role="grid"
        ref={grid}
        aria-label="Entities by time: arrows move, Enter lists the decisions of a cell"
        onKeyDown={move}
        onFocusIn={() => setIn(true)}
        onFocusOut={() => setIn(false)}
      >
        <thead>
          <tr role="row">
            <th scope="col" class="name">
              <span class="unseen">Entity</span>
            </th>
            {Array.from({ length: columns }, (_, i) => (
              <th scope="col" key={i} class="when">
                {tickOf(from, step, i, columns)}
                <span class="unseen">{moment(from + i * step)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lanes.map((lane, r) => (
            <tr role="row" key={lane.entity}>
              <th scope="row" class="name" title={lane.entity}>
                <EntityLink entity={lane.entity} name={lane.service} />
                {lane.kind === 'service' ? null : <span class="note"> {lane.kind}</span>}
              </th>
              {lane.cells.map((cell, c) => {
                const isChosen = chosen?.entity === lane.entity && chosen.at === c;
                return (
                  <td
                    role="gridcell"
                    key={c}
                    class={`cell ${levelOf(cell)}`}
                    tabIndex={r === row && c === column ? 0 : -1}
                    aria-selected={isChosen}
                    aria-label={words(lane.service, cell, from + c * step, step)}
                    title={words(lane.service, cell, from + c * step, step)}
                    onClick={() => {
                      setFocus({ row: r, column: c });
                      onChoose(lane.entity, c);
                    }}
                  >
                    {cell.fired > 0 ? cell.fired : ''}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A mark of the time axis where a cell begins at a full step of it. */
function tickOf(from: number, step: number, i: number, columns: number) {
  const every = step * Math.max(1, Math.ceil(columns / 8));
  const at = from + i * step;
  const unit = [900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000].find(
    (one) => one >= every,
  );
  if (unit === undefined || at % unit !== 0) return null;
  return (
    <span class="tick" aria-hidden="true">
      {at % 86_400_000 === 0 ? day(at).slice(4) : clock(at)}
    </span>
  );
}

export const Legend = () => (
  <p class="legend note">
    <span class="cell calm" aria-hidden="true" /> quiet <span class="cell near" aria-hidden="true" /> near the threshold{' '}
    <span class="cell low" aria-hidden="true" /> <span class="cell mid" aria-hidden="true" />{' '}
    <span class="cell high" aria-hidden="true" /> fired, ever rarer: the number says how many decisions{' '}
    <span class="cell none" aria-hidden="true" /> no decision
  </p>
);
