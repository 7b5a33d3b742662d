/** Overview: what stands out where and when, incidents above it, and the decisions of a chosen cell below. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { address } from '../api.js';
import { Badge, Doing, EntityLink, Scroll, Trouble, Waiting } from '../parts/bits.js';
import { Lanes, Legend } from '../parts/lanes.js';
import { useResource } from '../resource.js';
import { hrefOf, setQuery, type PagePlace } from '../route.js';
import type { AlertRow, CalendarRow, DecisionRow, IncidentRow, LanesAnswer, Page } from '../rows.js';
import { clock, lasting, moment, plural, short } from '../wording.js';

const hour = 3_600_000;
export const ranges: readonly (readonly [string, number])[] = [
  ['6 h', 6],
  ['24 h', 24],
  ['3 d', 72],
  ['7 d', 168],
  ['14 d', 336],
];

/** What the address says: hours back from the end, and the end where it is not now. */
export function rangeIn(
  query: URLSearchParams,
  decidedTo: number,
  hours = 24,
): { from: number; to: number; hours: number } {
  const long = Math.max(1, Math.min(24 * 90, Number(query.get('hours')) || hours));
  const to = Date.parse(query.get('to') ?? '') || decidedTo;
  return { from: to - long * hour, to, hours: long };
}

export function Overview({ place }: { place: PagePlace }) {
  const { query } = place;
  const box = useRef<HTMLDivElement>(null);
  // Known when the page has its width: the grid is asked for once.
  const [columns, setColumns] = useState<number>();
  const [chosen, setChosen] = useState<{ entity: string; at: number; begin: number; step: number }>();
  const [text, setText] = useState(query.get('q') ?? '');
  const asked = query.get('to') ?? undefined;
  const hours = Math.round(rangeIn(query, 0).hours);
  const match = query.getAll('match');
  const q = query.get('q') ?? undefined;
  const [limit, setLimit] = useState(50);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const fit = (): void => {
      const wide = element.clientWidth - (element.clientWidth < 600 ? 100 : 170);
      setColumns(Math.max(6, Math.min(72, Math.floor(wide / 21))));
    };
    fit();
    const sizes = new ResizeObserver(fit);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);

  // The end moves with what is decided; an address with an end stays there.
  const lanes = useResource<LanesAnswer>(
    columns === undefined ? undefined : address('lanes', { hours, to: asked, columns, q, match, limit }),
    {
      topics: ['decisions'],
    },
  );
  const to = asked ?? lanes.data?.decidedTo ?? undefined;
  const since = lanes.data?.from;
  const within = since && { from: since, to: lanes.data?.to, limit: 200, q, match };
  const incidents = useResource<Page<IncidentRow>>(within && address('incidents', within), {
    topics: ['alerts', 'verdicts'],
  });
  const open = useResource<Page<AlertRow>>(address('alerts', { answered: false, audit: false, limit: 1 }), {
    topics: ['alerts', 'verdicts'],
  });
  const firing = useResource<Page<AlertRow>>(address('alerts', { status: 'firing', audit: false, limit: 1 }), {
    topics: ['alerts'],
  });
  const calendars = useResource<Page<CalendarRow>>(address('calendars', { limit: 100 }), { topics: ['verdicts'] });

  const { data } = lanes;
  const from = data ? Date.parse(data.from) : 0;
  const step = data ? data.stepSeconds * 1000 : 1;
  const end = data ? Date.parse(data.to) : 0;
  const at = (time: string): string =>
    `${(100 * Math.max(0, Math.min(1, (Date.parse(time) - from) / (end - from)))).toFixed(2)}%`;
  const inRange = (calendars.data?.items ?? []).filter(
    (one) => Date.parse(one.to) > from && Date.parse(one.from) < end,
  );

  return (
    <>
      <h1>Overview</h1>
      <p class="tiles">
        <a class="tile" href={hrefOf(['alerts'], { status: 'firing' })}>
          <b>{firing.data?.total ?? '–'}</b> firing
        </a>
        <a class="tile" href={hrefOf(['alerts'])}>
          <b>{open.data?.total ?? '–'}</b> to answer
        </a>
        <span class="tile">
          <b>{incidents.data?.total ?? '–'}</b> {incidents.data?.total === 1 ? 'incident' : 'incidents'} in this time
        </span>
        <span class="tile">
          <b>{data?.total ?? '–'}</b> {q || match.length > 0 ? 'entities match' : 'entities'}
        </span>
      </p>
      <Doing />
      <form
        class="bar"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery(place, { q: text.trim() || undefined });
        }}
      >
        <label>
          <span>Filter</span>
          <input
            type="search"
            data-filter
            placeholder="part of a name"
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setQuery(place, { q: currentTarget.value.trim() || undefined });
            }}
          />
        </label>
        <div class="group" role="group" aria-label="Time range">
          {ranges.map(([name, n]) => (
            <button
              type="button"
              aria-pressed={hours === n}
              key={n}
              onClick={() => setQuery(place, { hours: String(n) })}
            >
              {name}
            </button>
          ))}
        </div>
        <div class="group" role="group" aria-label="Move in time">
          <button
            type="button"
            aria-label="Earlier"
            disabled={!to}
            onClick={() => setQuery(place, { to: new Date(Date.parse(to!) - (hours * hour) / 2).toISOString() })}
          >
            ‹
          </button>
          <button
            type="button"
            aria-label="Later"
            disabled={!asked}
            onClick={() => {
              const next = Date.parse(to!) + (hours * hour) / 2;
              const last = Date.parse(lanes.data?.decidedTo ?? to!);
              setQuery(place, { to: next < last ? new Date(next).toISOString() : undefined });
            }}
          >
            ›
          </button>
          <button type="button" aria-pressed={!asked} onClick={() => setQuery(place, { to: undefined })}>
            now
          </button>
        </div>
        {match.map((one) => (
          <Badge tone="quiet" key={one}>
            {one}
          </Badge>
        ))}
      </form>
      <Trouble of={lanes} />
      <div ref={box} class="overview">
        {data && data.items.length > 0 ? (
          <>
            <div class="strip" aria-hidden="true">
              <span class="name">incidents</span>
              <span class="track">
                {(incidents.data?.items ?? []).map(({ id, startsAt, severity, size }) => (
                  <a
                    key={id}
                    class={`pin ${severity}`}
                    tabIndex={-1}
                    style={{ left: at(startsAt) }}
                    href={hrefOf(['incidents', id])}
                    title={`${moment(startsAt)}: ${plural(size, 'alert')}`}
                  />
                ))}
                {inRange.map(({ id, name, action, from: begin, to: until }) => (
                  <span
                    key={id}
                    class="span"
                    title={`${action}: ${name}`}
                    style={{ left: at(begin), right: `calc(100% - ${at(until)})` }}
                  />
                ))}
              </span>
            </div>
            <Lanes
              lanes={data.items}
              from={from}
              step={step}
              chosen={
                chosen && chosen.step === step
                  ? { entity: chosen.entity, at: Math.round((chosen.begin - from) / step) }
                  : undefined
              }
              onChoose={(entity, cell) => setChosen({ entity, at: cell, begin: from + cell * step, step })}
            />
            <Legend />
            {data.next ? (
              <button type="button" onClick={() => setLimit(Math.min(500, limit * 2))}>
                Show more of {data.total}
              </button>
            ) : null}
          </>
        ) : (
          <>
            {lanes.data && !to ? (
              <p class="note">
                Nothing is decided yet: a window is decided when all sources have passed its end. The{' '}
                <a href={hrefOf(['pipeline'])}>pipeline</a> shows how far they are.
              </p>
            ) : (
              <Waiting of={lanes} what="decisions in this time" />
            )}
          </>
        )}
      </div>
      {chosen ? <Chosen entity={chosen.entity} begin={chosen.begin} step={chosen.step} /> : null}
      <section aria-labelledby="incidents">
        <h2 id="incidents">Incidents in this time</h2>
        {incidents.data && incidents.data.items.length > 0 ? (
          <ul class="cards">
            {incidents.data.items.slice(0, 12).map((one) => (
              <li key={one.id}>
                <a href={hrefOf(['incidents', one.id])}>
                  {moment(one.startsAt)}, {plural(one.size, 'alert')}
                </a>{' '}
                <Badge tone={one.firing > 0 ? one.severity : 'quiet'}>
                  {one.firing > 0 ? `${one.firing} firing` : 'resolved'}
                </Badge>
                <p>{one.summary}</p>
                <p class="note">
                  {one.origin ? `likely origin ${one.origin}` : plural(one.entities.length, 'entity', 'entities')}
                  {`, ${lasting(Date.parse(one.lastAt) - Date.parse(one.startsAt))}, ${one.answered} of ${one.size} answered`}
                </p>
              </li>
            ))}
          </ul>
        ) : (
          <p class="note">Nothing broke together in this time.</p>
        )}
      </section>
    </>
  );
}

/** The decisions behind a cell. */
function Chosen({ entity, begin, step }: { entity: string; begin: number; step: number }) {
  const from = new Date(begin).toISOString();
  const to = new Date(begin + step).toISOString();
  const fired = useResource<Page<DecisionRow>>(address('decisions', { entity, from, to, fired: true, limit: 200 }), {
    topics: ['decisions'],
  });
  const all = useResource<Page<DecisionRow>>(address('decisions', { entity, from, to, limit: 100 }), {
    topics: ['decisions'],
  });
  const total = fired.data?.total ?? 0;
  const shown = total > 0 ? fired.data! : all.data;
  return (
    <section aria-labelledby="chosen" class="panel">
      <h2 id="chosen">
        <EntityLink entity={entity} name={entity} query={{ from, to }} />
      </h2>
      <p role="status">
        {moment(begin)} to {clock(begin + step)}: <span data-cell-total={total}>{plural(total, 'decision')} fired</span>
        {all.data ? ` of ${all.data.total}` : ''}
      </p>
      {shown && shown.items.length > 0 ? <Decisions rows={shown.items} /> : <Waiting of={all} what="decisions" />}
    </section>
  );
}

export const Decisions = ({ rows }: { rows: readonly DecisionRow[] }) => (
  <Scroll label="Decisions">
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Window, UTC</th>
          <th scope="col" class="right">
            Return level
          </th>
          <th scope="col" class="right">
            Threshold
          </th>
          <th scope="col">Outcome</th>
          <th scope="col">Rarity</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.id} data-decision={one.id} data-fired={one.fired}>
            <th scope="row">
              <a href={hrefOf(['decisions', one.id])}>
                {moment(one.start)} to {clock(one.end)}
              </a>
            </th>
            <td class="right">{short(one.u)}</td>
            <td class="right">{short(one.threshold)}</td>
            <td>
              {one.fired ? (
                <Badge tone="warning">fired</Badge>
              ) : one.asked ? (
                'asked'
              ) : one.vetoed ? (
                'vetoed'
              ) : one.scored ? (
                'quiet'
              ) : (
                'warm-up'
              )}
            </td>
            <td>{one.rarity}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);
