/** What scores now and what comes next, where the world is not what the models learnt, and which features they need. */
import { useState } from 'preact/hooks';
import { Badge, EntityLink, Scroll, Trouble, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import type { DriftAnswer, ImportanceAnswer, StatusAnswer } from '../rows.js';
import { entityName, featureName, moment, plural, short, whole } from '../wording.js';

const origins: Readonly<Record<string, string>> = {
  prior: 'the models that ship with tocsin',
  own: 'trained by this run',
  command: 'trained by a command',
  alias: 'named by a person',
};

export function Training() {
  const status = useResource<StatusAnswer>('api/status', { topics: ['decisions'] });
  const { data } = status;
  const training = data?.training;
  const rows: readonly (readonly [string, string | undefined])[] = training
    ? [
        ['Scored by', training.origin === undefined ? 'nothing yet: plain rules only' : origins[training.origin]],
        ['Learnt from', training.rows === undefined ? undefined : plural(training.rows, 'window')],
        ['of', training.entities === undefined ? undefined : plural(training.entities, 'entity', 'entities')],
        ['Learnt up to', training.trainedUpTo === undefined ? undefined : moment(training.trainedUpTo)],
        ['Made at', training.trainedAt === undefined ? undefined : moment(training.trainedAt)],
        [
          'Next',
          training.training
            ? 'a training is under way'
            : training.next
              ? `${training.next.kind === 'look' ? 'look whether to train' : 'training'} at ${moment(training.next.at)} of event time`
              : training.automatic
                ? undefined
                : 'by tocsin train only',
        ],
        ['Last refusal', training.refused ? `${training.refused.why} (${moment(training.refused.at)})` : undefined],
        ['Fails', training.failure],
      ]
    : [];
  return (
    <section aria-labelledby="training">
      <h2 id="training">Training {training?.training ? <Badge tone="warning">under way</Badge> : null}</h2>
      <Trouble of={status} />
      {data ? <p data-learning>{data.learning}</p> : <Waiting of={status} what="the state of training" />}
      {training ? (
        <Scroll label="How training stands">
          <table class="list">
            <tbody>
              {rows.flatMap(([name, value]) =>
                value === undefined
                  ? []
                  : [
                      <tr key={name}>
                        <th scope="row">{name}</th>
                        <td>{value}</td>
                      </tr>,
                    ],
              )}
            </tbody>
          </table>
        </Scroll>
      ) : null}
    </section>
  );
}

export function Drift() {
  const drift = useResource<DriftAnswer>('drift', { topics: ['alerts'] });
  const status = useResource<StatusAnswer>('api/status', { topics: ['decisions'] });
  const { data } = drift;
  const why = status.data?.training?.noDrift;
  return (
    <section aria-labelledby="drift">
      <h2 id="drift">Drift</h2>
      <Trouble of={drift} />
      {!data ? (
        <Waiting of={drift} what="drift" />
      ) : data.lookedAt === null ? (
        <p class="note">
          Not looked for yet: {why ?? 'the run looks once a day of event time'}. By hand: <code>tocsin drift</code>.
        </p>
      ) : (
        <>
          <p>
            Looked for at {moment(data.lookedAt)} in {plural(data.entities, 'entity', 'entities')}
            {data.young > 0 ? `, ${whole(data.young)} with too short a past` : ''}:{' '}
            {data.items.length === 0 ? 'none has drifted.' : `${plural(data.items.length, 'has', 'have')} drifted.`}
          </p>
          {data.items.length > 0 ? (
            <Scroll label="Entities that drifted">
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">Its last day is unlike what the models learnt of it</th>
                  </tr>
                </thead>
                <tbody>
                  {data.items.map(({ entity }) => (
                    <tr key={entity}>
                      <th scope="row">
                        <EntityLink entity={entity} name={entityName(entity)} />
                      </th>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          ) : null}
        </>
      )}
    </section>
  );
}

/** Features that a detector needs, at most. */
const shown = 5;

export function ImportanceOfFeatures() {
  const [isAsked, setAsked] = useState(false);
  const importance = useResource<ImportanceAnswer>(isAsked ? 'importance' : undefined);
  const { data } = importance;
  return (
    <section aria-labelledby="importance">
      <h2 id="importance">Importance of features</h2>
      <p class="note">
        What each detector loses in telling answered anomalies from other answered windows, when one feature is dealt
        anew. As <code>tocsin models importance</code>.
      </p>
      {isAsked ? (
        <Trouble of={importance} />
      ) : (
        <button type="button" onClick={() => setAsked(true)}>
          Work it out
        </button>
      )}
      {isAsked && !data && !importance.error ? <Waiting of={importance} what="importance" /> : null}
      {data && data.items.length === 0 ? <p class="note">No set of models is in force yet.</p> : null}
      {data?.items.map(({ schema, anomalies, others, detectors }) => (
        <div key={schema}>
          <p data-importance={schema}>
            {schema}: {plural(anomalies, 'answered anomaly', 'answered anomalies')},{' '}
            {plural(others, 'other answered window')}
            {detectors.length === 0 ? `; at least ${data.leastAnswers} of each are needed` : ''}
          </p>
          {detectors.length > 0 ? (
            <Scroll label={`Importance of features of ${schema}`}>
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">Detector</th>
                    <th scope="col" class="right">
                      Tells apart
                    </th>
                    <th scope="col">Needs most</th>
                  </tr>
                </thead>
                <tbody>
                  {detectors.map(({ name, separation, features }) => (
                    <tr key={name}>
                      <th scope="row">{name}</th>
                      <td class="right">{short(separation)}</td>
                      <td>
                        {features
                          .filter(({ drop }) => drop >= 0.005)
                          .slice(0, shown)
                          .map(({ feature, drop }) => `${featureName(feature)} (${short(drop)})`)
                          .join(', ') || 'no single feature'}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          ) : null}
        </div>
      ))}
    </section>
  );
}
