/** The pipeline: how far it is, what it refused and why, and the way back of dead letters; mutes and healing. */
import { useState } from 'preact/hooks';
import { address, post, RequestRefused } from '../api.js';
import { Badge, Doing, Scroll, Trouble, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import { Quarantine } from './quarantine.js';
import { setQuery, type PagePlace } from '../route.js';
import type { CalendarRow, HealingRow, LetterRow, Page, PipelineAnswer } from '../rows.js';
import { useMay } from '../session.js';
import { lasting, moment, plural, whole } from '../wording.js';

export function Pipeline({ place }: { place: PagePlace }) {
  const may = useMay('admin');
  const [said, setSaid] = useState('');
  const reason = place.query.get('reason') ?? undefined;
  const pipeline = useResource<PipelineAnswer>('pipeline', { topics: ['decisions', 'dead-letters'] });
  const letters = useResource<Page<LetterRow>>(address('dead-letters', { limit: 50, reason }), {
    topics: ['dead-letters'],
  });
  const calendars = useResource<Page<CalendarRow>>(address('calendars', { limit: 100 }), { topics: ['verdicts'] });
  const healing = useResource<Page<HealingRow>>(address('healing', { limit: 50 }), { topics: ['healing'] });
  const { data } = pipeline;
  const decidedTo = data?.decidedTo ? Date.parse(data.decidedTo) : undefined;
  const redrive = (numbers: readonly number[]): void =>
    void post<{ put: number[]; before: number[]; impossible: number[]; delivered: number[]; failed: number[] }>(
      'dead-letters/redrive',
      { numbers },
    ).then(
      ({ put, before, impossible, delivered, failed }) =>
        setSaid(
          [
            [put, 'put back'],
            [before, 'put back before'],
            [impossible, 'cannot be put back: not all of the record is there'],
            [delivered, 'sent again'],
            [failed, 'not taken by the receiver'],
          ]
            .filter(([list]) => (list as number[]).length > 0)
            .map(([list, word]) => `${(list as number[]).length} ${word as string}`)
            .join(', '),
        ),
      (error: unknown) => setSaid(error instanceof RequestRefused ? error.message : String(error)),
    );
  return (
    <>
      <h1>Pipeline</h1>
      <Doing />
      <Trouble of={pipeline} />
      {data ? (
        <>
          <p>
            {decidedTo === undefined ? 'Nothing is decided yet.' : `Decided up to ${moment(decidedTo)}.`}
            {data.isCurrent ? '' : ' The logs are still being read.'}
          </p>
          <h2>Sources</h2>
          <Scroll label="Sources">
            <table class="list">
              <thead>
                <tr>
                  <th scope="col">Source</th>
                  <th scope="col">Mark, UTC</th>
                  <th scope="col" class="right">
                    Records
                  </th>
                  <th scope="col" class="right">
                    Lag
                  </th>
                  <th scope="col">State</th>
                </tr>
              </thead>
              <tbody>
                {data.sources.map(({ source, watermark, records, lag, stalled }) => (
                  <tr key={source}>
                    <th scope="row">{source}</th>
                    <td>{watermark ? moment(watermark) : 'none yet'}</td>
                    <td class="right">{whole(records)}</td>
                    <td class="right">{lag === null ? '' : whole(lag)}</td>
                    <td>
                      {stalled ? (
                        <Badge tone="warning">stalled</Badge>
                      ) : watermark && decidedTo && Date.parse(watermark) - decidedTo > 600_000 ? (
                        `${lasting(Date.parse(watermark) - decidedTo)} ahead`
                      ) : (
                        'reads'
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
          <h2>Refused</h2>
          {data.deadLetters.length + data.refused.length === 0 ? (
            <p class="note">Nothing was refused.</p>
          ) : (
            <div class="group" role="group" aria-label="Dead letters by reason">
              <button type="button" aria-pressed={!reason} onClick={() => setQuery(place, { reason: undefined })}>
                all
              </button>
              {data.deadLetters.map((one) => (
                <button
                  type="button"
                  key={one.reason}
                  aria-pressed={reason === one.reason}
                  onClick={() => setQuery(place, { reason: one.reason })}
                >
                  {one.reason} {whole(one.count)}
                </button>
              ))}
            </div>
          )}
        </>
      ) : (
        <Waiting of={pipeline} what="the pipeline" />
      )}
      {letters.data && letters.data.items.length > 0 ? (
        <>
          <p class="toolbar">
            <span class="note">{plural(letters.data.total, 'dead letter')}</span>
            {may ? (
              <button
                type="button"
                onClick={() => redrive(letters.data!.items.filter((one) => one.redrivable).map((one) => one.number))}
              >
                Put back those listed
              </button>
            ) : null}
            <span role="status">{said}</span>
          </p>
          <Scroll label="Dead letters">
            <table class="list">
              <thead>
                <tr>
                  <th scope="col">Number</th>
                  <th scope="col">Written, UTC</th>
                  <th scope="col">Reason</th>
                  <th scope="col">Where</th>
                  <th scope="col">What</th>
                  <th scope="col">
                    <span class="unseen">Put back</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {letters.data.items.map((one) => (
                  <tr key={one.number}>
                    <th scope="row">{one.number}</th>
                    <td>{moment(one.at)}</td>
                    <td>{one.reason}</td>
                    <td>
                      {one.source}@{one.offset}
                    </td>
                    <td>
                      <code>{(one.text || one.detail).slice(0, 300)}</code>
                      {one.text ? <span class="note"> {one.detail}</span> : null}
                    </td>
                    <td>
                      {may && one.redrivable ? (
                        <button
                          type="button"
                          aria-label={`Put back ${one.number}`}
                          onClick={() => redrive([one.number])}
                        >
                          put back
                        </button>
                      ) : null}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      ) : null}
      <Quarantine />
      <h2>Mutes and expected changes</h2>
      {calendars.data && calendars.data.items.length > 0 ? (
        <ul class="cards">
          {calendars.data.items.map(({ id, name, action, match, from, to, by }) => (
            <li key={id}>
              <Badge tone="quiet">{action}</Badge> {name}
              <p class="note">
                {Object.entries(match)
                  .map(([label, value]) => `${label}=${value}`)
                  .join(' ') || 'everything'}
                , {moment(from)} to {moment(to)}, {by}
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <p class="note">None.</p>
      )}
      <h2>Healing</h2>
      {healing.data && healing.data.items.length > 0 ? (
        <ul class="cards">
          {healing.data.items.map(({ id, rule, entity, state, at, waits, expiresAt }) => (
            <li key={id}>
              {rule} on {entity}: {state} {waits ? <Badge tone="warning">waits for a person</Badge> : null}
              <p class="note">{at ? moment(at) : expiresAt ? `until ${moment(expiresAt)}` : ''}</p>
            </li>
          ))}
        </ul>
      ) : (
        <p class="note">No action yet.</p>
      )}
    </>
  );
}
