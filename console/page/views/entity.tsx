/** An entity over time: score against threshold, its features, templates, and what differs in a chosen range. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { address } from '../api.js';
import { Badge, Scroll, SeverityBadge, Trouble, Waiting } from '../parts/bits.js';
import { Chart } from '../parts/chart.js';
import { useResource } from '../resource.js';
import { hrefOf, setQuery, type PagePlace } from '../route.js';
import type { AlertRow, CurvesAnswer, DecisionRow, DiffersAnswer, Page, TemplateRow } from '../rows.js';
import { clock, entityName, featureName, moment, plural, short, verdictWords } from '../wording.js';
import { Decisions, ranges } from './overview.js';

const hour = 3_600_000;
/** Charts before "all" is asked for. */
const fewCharts = 6;
/** Median of absolute deviations to standard deviations of a normal distribution. */
const toDeviations = 1 / 0.6745;

export function EntityView({ entity, place }: { entity: string; place: PagePlace }) {
  const { query } = place;
  const from = query.get('from') ?? undefined;
  const to = query.get('to') ?? undefined;
  const hours = Number(query.get('hours')) || 6;
  const [chosen, setChosen] = useState<{ from: string; to: string } | undefined>(from && to ? { from, to } : undefined);
  const [isAll, setAll] = useState(false);
  const state = useResource<Page<{ entity: string; end: string; service: string }>>(
    address('entities', { q: entity, limit: 5 }),
    {
      topics: ['decisions'],
    },
  );
  const own = state.data?.items.find((one) => one.entity === entity);
  // A short range is shown with what is around it.
  const span = useMemo(() => {
    if (from && to) {
      const around = Math.max(hour, Date.parse(to) - Date.parse(from));
      return {
        from: new Date(Date.parse(from) - around).toISOString(),
        to: new Date(Date.parse(to) + around).toISOString(),
      };
    }
    if (!own) return undefined;
    return { from: new Date(Date.parse(own.end) - hours * hour).toISOString(), to: own.end };
  }, [from, to, own?.end, hours]);
  const curves = useResource<CurvesAnswer>(span && address('curves', { entity, ...span }));
  const alerts = useResource<Page<AlertRow>>(span && address('alerts', { entity, limit: 100, ...span }), {
    topics: ['alerts', 'verdicts'],
  });
  const fired = useResource<Page<DecisionRow>>(
    span && address('decisions', { entity, fired: true, limit: 100, ...span }),
  );
  const templates = useResource<Page<TemplateRow>>(address('templates', { entity, limit: 100 }), {
    topics: ['decisions'],
  });
  const { data } = curves;

  const times = useMemo(() => (data?.points ?? []).map(({ end }) => Date.parse(end)), [data]);
  const ranked = useMemo(() => {
    const largest = (values: readonly (number | null)[]): number =>
      Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
    return [...(data?.features ?? [])]
      .filter(({ feature }) => isAll || !feature.startsWith('template_'))
      .sort((a, b) => largest(b.values) - largest(a.values));
  }, [data, isAll]);
  const marks = (alerts.data?.items ?? []).map(({ startsAt }) => Date.parse(startsAt));
  const choose = (begin: number, end: number): void =>
    setChosen({ from: new Date(begin).toISOString(), to: new Date(end).toISOString() });

  return (
    <>
      <h1 class="entity">{entityName(entity)}</h1>
      {entityName(entity) === entity ? null : <p class="note">{entity}</p>}
      <div class="bar">
        <div class="group" role="group" aria-label="Time range">
          {ranges.slice(0, 4).map(([name, n]) => (
            <button
              type="button"
              key={n}
              aria-pressed={!from && hours === n}
              onClick={() => {
                setChosen(undefined);
                setQuery(place, { hours: String(n), from: undefined, to: undefined });
              }}
            >
              {name}
            </button>
          ))}
        </div>
        {span ? (
          <span class="note">
            {moment(span.from)} to {moment(span.to)}
            {data ? `, ${plural(data.windows, 'decision')}` : ''}
            {data && data.windows > data.points.length
              ? `; each point is that of its share which came nearest to firing`
              : ''}
          </span>
        ) : null}
      </div>
      <Trouble of={curves} />
      {data && times.length > 0 ? (
        <>
          <Chart
            title="Return level and threshold"
            note="drag to compare a range with the day before it"
            times={times}
            height={190}
            marks={marks}
            onSelect={choose}
            lines={[
              { label: 'return level', tone: 'main', values: data.points.map(({ u, scored }) => (scored ? u : null)) },
              {
                label: 'threshold',
                tone: 'second',
                values: data.points.map(({ threshold, scored }) => (scored ? threshold : null)),
              },
              {
                label: 'fired',
                tone: 'faint',
                dots: true,
                values: data.points.map(({ u, fired: did }) => (did ? u : null)),
              },
            ]}
          />
          <Differs entity={entity} chosen={chosen} span={span!} onChoose={setChosen} />
          <h2>Features</h2>
          <div class="charts">
            {ranked.slice(0, isAll ? undefined : fewCharts).map((one) => (
              <FeatureChart key={one.feature} feature={one} times={times} marks={marks} />
            ))}
          </div>
          {ranked.length > fewCharts || !isAll ? (
            <button type="button" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
              {isAll ? 'Those that moved most' : `All features`}
            </button>
          ) : null}
        </>
      ) : (
        <Waiting of={curves.isLoading || curves.error ? curves : state} what="decisions in this time" />
      )}
      <section>
        <h2>Alerts in this time</h2>
        {alerts.data && alerts.data.items.length > 0 ? (
          <ul class="cards">
            {alerts.data.items.map((one) => (
              <li key={one.id}>
                <a href={hrefOf(['alerts', one.id])}>{moment(one.startsAt)}</a>{' '}
                <SeverityBadge severity={one.severity} status={one.status} />{' '}
                {one.verdict ? <Badge tone="answered">{verdictWords[one.verdict]}</Badge> : null}
                <p>{one.summary}</p>
              </li>
            ))}
          </ul>
        ) : (
          <p class="note">None.</p>
        )}
      </section>
      {fired.data && fired.data.items.length > 0 ? (
        <section>
          <h2>{plural(fired.data.total, 'decision')} fired in this time</h2>
          <Decisions rows={fired.data.items} />
        </section>
      ) : null}
      <section>
        <h2>Templates that stood out</h2>
        {templates.data && templates.data.items.length > 0 ? (
          <Scroll label="Templates">
            <table class="list">
              <thead>
                <tr>
                  <th scope="col">Line</th>
                  <th scope="col" class="right">
                    Last
                  </th>
                  <th scope="col" class="right">
                    Typical
                  </th>
                  <th scope="col">First new</th>
                  <th scope="col">Last seen</th>
                </tr>
              </thead>
              <tbody>
                {templates.data.items.map(({ template, sample, novelAt, last, typical, lastAt }) => (
                  <tr key={template}>
                    <th scope="row">
                      <code>{sample || template}</code>
                    </th>
                    <td class="right">{last === 0 ? 'vanished' : last}</td>
                    <td class="right">{short(typical)}</td>
                    <td>{novelAt ? moment(novelAt) : ''}</td>
                    <td>{moment(lastAt)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        ) : (
          <p class="note">None since this process started.</p>
        )}
      </section>
    </>
  );
}

function FeatureChart({
  feature: { feature, unit, description, values, actual, typical },
  times,
  marks,
}: {
  feature: CurvesAnswer['features'][number];
  times: readonly number[];
  marks: readonly number[];
}) {
  const isMeasured = actual.filter((value) => value !== null).length > actual.length / 2 && unit !== 'nats';
  const band = useMemo(() => {
    const off = actual.flatMap((value, i) =>
      value === null || typical[i] === null ? [] : [Math.abs(value - typical[i]!)],
    );
    off.sort((a, b) => a - b);
    const usual = 3 * toDeviations * (off[Math.floor(off.length / 2)] ?? 0);
    const side = (sign: number) => typical.map((value) => (value === null ? null : value + sign * usual));
    return { low: side(-1), high: side(1) };
  }, [actual, typical]);
  const three = useMemo(() => ({ low: times.map(() => -3), high: times.map(() => 3) }), [times]);
  return (
    <div title={description}>
      {isMeasured ? (
        <Chart
          title={featureName(feature)}
          note={`${unit}, actual against typical`}
          times={times}
          height={120}
          band={band}
          marks={marks}
          lines={[
            { label: 'actual', tone: 'main', values: actual },
            { label: 'typical', tone: 'second', values: typical },
          ]}
        />
      ) : (
        <Chart
          title={featureName(feature)}
          note="in robust standard deviations"
          times={times}
          height={120}
          band={three}
          marks={marks}
          lines={[{ label: 'value', tone: 'main', values }]}
        />
      )}
    </div>
  );
}

/** Local form of a time for an input, in UTC. */
const inputOf = (time: string): string => new Date(time).toISOString().slice(0, 16);

function Differs({
  entity,
  chosen,
  span,
  onChoose,
}: {
  entity: string;
  chosen: { from: string; to: string } | undefined;
  span: { from: string; to: string };
  onChoose: (range: { from: string; to: string }) => void;
}) {
  const lastHour = { from: new Date(Date.parse(span.to) - hour).toISOString(), to: span.to };
  const range = chosen ?? lastHour;
  const [typed, setTyped] = useState(range);
  useEffect(() => setTyped(range), [range.from, range.to]);
  const differs = useResource<DiffersAnswer>(address('differs', { entity, ...range }));
  const { data } = differs;
  return (
    <section class="panel" aria-labelledby="differs">
      <h2 id="differs">What differs</h2>
      <form
        class="bar"
        onSubmit={(event) => {
          event.preventDefault();
          onChoose(typed);
        }}
      >
        <label>
          <span>From, UTC</span>
          <input
            type="datetime-local"
            value={inputOf(typed.from)}
            onChange={({ currentTarget: { value } }) => value && setTyped({ ...typed, from: `${value}:00.000Z` })}
          />
        </label>
        <label>
          <span>To, UTC</span>
          <input
            type="datetime-local"
            value={inputOf(typed.to)}
            onChange={({ currentTarget: { value } }) => value && setTyped({ ...typed, to: `${value}:00.000Z` })}
          />
        </label>
        <button>Compare</button>
        <span class="note">
          {data
            ? `${plural(data.windows, 'decision')} against ${data.compared} of the day before`
            : `${clock(range.from)} to ${clock(range.to)}`}
        </span>
      </form>
      {data && data.windows > 0 && data.compared > 0 ? (
        <div class="columns">
          <ol class="differs" aria-label="Features that differ">
            {data.features.slice(0, 6).map(({ feature, inside, outside, difference }) => (
              <li key={feature}>
                <b>{featureName(feature)}</b> {difference >= 0 ? '▲' : '▼'} {short(Math.abs(difference))}
                <span class="note">
                  {' '}
                  standard deviations; {short(inside)}, before {short(outside)}
                </span>
              </li>
            ))}
          </ol>
          <ol class="differs" aria-label="Templates that differ">
            {data.templates.slice(0, 6).map(({ template, sample, what, inside, outside }) => (
              <li key={template}>
                <Badge tone={what === 'new' ? 'info' : 'quiet'}>{what}</Badge> <code>{sample || template}</code>
                <span class="note">
                  {' '}
                  {short(inside)} a window, usually {short(outside)}
                </span>
              </li>
            ))}
            {data.templates.length === 0 ? <li class="note">no template that this process has seen</li> : null}
          </ol>
        </div>
      ) : (
        <Waiting of={differs} what="decisions to compare" />
      )}
    </section>
  );
}
