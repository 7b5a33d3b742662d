/** One decision as it is in the log. */
import { EntityLink, Scroll, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import { featureName, moment, clock, short } from '../wording.js';

interface WholeDecision {
  readonly id: string;
  readonly entity: string;
  readonly key: string;
  readonly start: string;
  readonly end: string;
  readonly u: number;
  readonly threshold: number;
  readonly rarity: string;
  readonly fired: boolean;
  readonly asked: boolean;
  readonly vetoed: boolean;
  readonly confidence: number;
  readonly policy: string;
  readonly model: string | null;
  readonly rules: readonly string[];
  readonly flags: readonly string[];
  readonly scores: readonly { readonly detector: string; readonly score: number; readonly u: number }[];
  readonly arms: readonly { readonly arm: string; readonly u: number; readonly weight: number }[];
  readonly features: readonly { readonly feature: string; readonly value: number }[];
  readonly verdicts: readonly string[];
}

export function DecisionView({ id }: { id: string }) {
  const decision = useResource<WholeDecision>(`decisions/${id}`);
  const { data } = decision;
  if (!data) return <Waiting of={decision} what="the decision" />;
  const facts: readonly (readonly [string, string])[] = [
    ['return level', String(data.u)],
    ['threshold', String(data.threshold)],
    ['outcome', data.fired ? 'fired' : data.asked ? 'asked' : data.vetoed ? 'vetoed' : 'quiet'],
    ['rarity', data.rarity],
    ['confidence', short(data.confidence)],
    ['policy', data.policy],
    ['models', data.model ?? 'none yet: warm-up'],
    ['rules', data.rules.join(', ')],
    ['inexact', data.flags.join(', ')],
    ['verdicts that took effect', data.verdicts.join(', ')],
  ];
  return (
    <>
      <h1>Decision</h1>
      <p>
        <EntityLink entity={data.entity} name={data.entity} query={{ from: data.start, to: data.end }} />{' '}
        {moment(data.start)} to {clock(data.end)} {data.key}
      </p>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <div class="columns">
        <Table
          title="Arms"
          head={['return level', 'weight']}
          rows={data.arms.map(({ arm, u, weight }) => [arm, u, weight])}
        />
        <Table
          title="Detectors"
          head={['score', 'return level']}
          rows={data.scores.map(({ detector, score, u }) => [detector, score, u])}
        />
        <Table
          title="Features, normalised"
          head={['value']}
          rows={data.features.map(({ feature, value }) => [featureName(feature), value])}
        />
      </div>
    </>
  );
}

const Table = ({
  title,
  head,
  rows,
}: {
  title: string;
  head: readonly string[];
  rows: readonly (readonly [string, ...number[]])[];
}) =>
  rows.length === 0 ? null : (
    <section>
      <h2>{title}</h2>
      <Scroll label={title}>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">name</th>
              {head.map((name) => (
                <th scope="col" class="right" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...values]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {values.map((value, i) => (
                  <td class="right" key={i}>
                    {short(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
