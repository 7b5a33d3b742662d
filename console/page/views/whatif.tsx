/** What if the budget were another one, or a detector were not asked: by the alerts that were answered. */
import { useState } from 'preact/hooks';
import { address } from '../api.js';
import { Scroll, Trouble, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import type { ModelRow, Page, WhatifAnswer } from '../rows.js';
import { plural, short, whole } from '../wording.js';

/** Stops of the slider: false alerts a week of a service. */
const stops = [0.25, 0.5, 1, 2, 3, 5, 7, 14];

const percent = (share: number | null): string => (share === null ? '–' : `${Math.round(100 * share)} %`);

export function Whatif() {
  const [at, setAt] = useState<number>();
  const [without, setWithout] = useState('');
  const models = useResource<Page<ModelRow>>(address('models', { limit: 500 }));
  const answer = useResource<WhatifAnswer>(address('whatif', { budget: stops, without: without || undefined }));
  const { data } = answer;
  const nearest = stops.indexOf(data?.inForce ?? 1);
  const stop = at ?? (nearest < 0 ? 2 : nearest);
  const row = data?.items[stop];
  const detectors = [
    ...new Set((models.data?.items ?? []).filter(({ inForce }) => inForce).map(({ name }) => name)),
  ].sort();
  const change = `detection:\n  budget: ${stops[stop]}`;
  return (
    <>
      <h1>What if</h1>
      <p class="note">
        By the decisions log alone and the alerts that people answered in the last four weeks: as{' '}
        <code>tocsin whatif</code> says it.
      </p>
      <div class="bar">
        <label class="slider">
          <span>
            Budget: {stops[stop]} false {stops[stop] === 1 ? 'alert' : 'alerts'} a week of a service
            {data && stops[stop] === data.inForce ? ' (in force)' : ''}
          </span>
          <input
            type="range"
            min={0}
            max={stops.length - 1}
            step={1}
            value={stop}
            aria-valuetext={`${stops[stop]} a week`}
            onInput={({ currentTarget }) => setAt(Number(currentTarget.value))}
          />
        </label>
        <label>
          <span>Without</span>
          <select value={without} onChange={({ currentTarget }) => setWithout(currentTarget.value)}>
            <option value="">no detector left out</option>
            {detectors.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Trouble of={answer} />
      {row && !answer.isLoading ? (
        row.refusal ? (
          <p class="panel" role="status">
            The log cannot tell: {row.refusal}.
          </p>
        ) : (
          <>
            <p role="status">
              {plural(row.answers, 'answer')}
              {row.untold > 0 ? `, of which ${row.untold} cannot tell` : ''}. Of the answered alerts that would have
              been, {percent(row.precision.low)} to {percent(row.precision.high)} are anomalies (interval of 95 %).
            </p>
            <Scroll label="What would have been">
              <table class="list narrow">
                <thead>
                  <tr>
                    <th scope="col">Alerts</th>
                    <th scope="col" class="right">
                      Anomalies
                    </th>
                    <th scope="col" class="right">
                      False alerts
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {(['kept', 'lost', 'new'] as const).map((name) => (
                    <tr key={name}>
                      <th scope="row">{name}</th>
                      <td class="right">{row[name].true}</td>
                      <td class="right">{row[name].false}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
            <p class="note">
              {whole(row.unanswered)} of {whole(row.decisions)} decisions that nobody answered would have gone the other
              way: what they were, the log cannot tell.
            </p>
          </>
        )
      ) : (
        <Waiting of={answer} what="an answer: the decisions log is read" />
      )}
      <h2>The change</h2>
      <p class="note">To be written into the configuration by hand; nothing is changed from here.</p>
      <pre>
        <code>{change}</code>
      </pre>
      <h2>All stops</h2>
      {data ? (
        <Scroll label="All stops">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Budget a week</th>
                <th scope="col" class="right">
                  Anomalies kept
                </th>
                <th scope="col" class="right">
                  lost
                </th>
                <th scope="col" class="right">
                  new
                </th>
                <th scope="col" class="right">
                  False alerts kept
                </th>
                <th scope="col" class="right">
                  lost
                </th>
                <th scope="col" class="right">
                  new
                </th>
                <th scope="col">Precision</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map(({ budget, kept, lost, new: more, precision, refusal }) => (
                <tr key={budget}>
                  <th scope="row">{budget}</th>
                  {refusal ? (
                    <td colSpan={7}>{refusal}</td>
                  ) : (
                    <>
                      <td class="right">{kept.true}</td>
                      <td class="right">{lost.true}</td>
                      <td class="right">{more.true}</td>
                      <td class="right">{kept.false}</td>
                      <td class="right">{lost.false}</td>
                      <td class="right">{more.false}</td>
                      <td>
                        {short(precision.low)} to {short(precision.high)}
                      </td>
                    </>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : null}
    </>
  );
}
