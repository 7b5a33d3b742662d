/** One alert: why it fired, what it looks like in lines, what happened, and what was done. */
import { useState } from 'preact/hooks';
import { address, post, RequestRefused } from '../api.js';
import { Badge, EntityLink, Outside, SeverityBadge, Trouble, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import { hrefOf } from '../route.js';
import type { HealingRow, Page, Verdict, WholeAlert } from '../rows.js';
import { useMay } from '../session.js';
import { featureName, lasting, moment, restOf, short, verdictKeys, verdictWords } from '../wording.js';

const stepWords: Readonly<Record<string, string>> = {
  fired: 'began to fire',
  worse: 'became worse',
  better: 'became better',
  asked: 'is asked about',
  muted: 'muted',
  resolved: 'resolved',
};

const before = 2 * 3_600_000;

export function AlertDetail({ id, heading: Heading = 'h1' }: { id: string; heading?: 'h1' | 'h2' }) {
  const alert = useResource<WholeAlert>(`alerts/${encodeURIComponent(id)}`, {
    topics: ['alerts', 'verdicts', 'healing'],
  });
  const { data } = alert;
  if (!data || data.id !== id) return <Waiting of={alert} what="the alert" />;
  const around = {
    from: new Date(Date.parse(data.startsAt) - before).toISOString(),
    to: new Date(Date.parse(data.lastAt) + before / 4).toISOString(),
  };
  const Sub = Heading === 'h1' ? 'h2' : 'h3';
  const most = Math.max(...data.standouts.map(({ share }) => share), 0.01);
  return (
    <article class="alert">
      <Trouble of={alert} />
      <header>
        <Heading>
          <EntityLink entity={data.entity} name={data.service} query={around} />
        </Heading>
        <p class="line">
          <SeverityBadge severity={data.severity} status={data.status} />
          {data.audit ? <Badge tone="quiet">a question: nobody was notified</Badge> : null}
          {data.muted ? <Badge tone="quiet">muted: {data.muted}</Badge> : null}
          {data.verdict ? (
            <Badge tone="answered">
              {verdictWords[data.verdict]}, {data.verdictBy}
            </Badge>
          ) : null}
        </p>
        <p class="summary">{data.summary}</p>
        <p class="note">
          {moment(data.startsAt)}, {lasting(Date.parse(data.lastAt) - Date.parse(data.startsAt))}. {data.rarity}; return
          level {short(data.u)}, threshold {short(data.threshold)}.{data.key ? ` Session ${data.key}.` : ''}{' '}
          {restOf(data.labels)}
        </p>
      </header>
      <Answer alert={data} />
      {data.incident ? (
        <p>
          <a href={hrefOf(['incidents', data.incident])}>One of {data.incidentSize} alerts together</a>
          {data.origin ? `, likely origin ${data.origin}` : ''}
          {data.originWhy ? `: ${data.originWhy}` : ''}
        </p>
      ) : null}
      {data.standouts.length > 0 ? (
        <>
          <Sub>What is different</Sub>
          <table class="standouts">
            <thead>
              <tr>
                <th scope="col">Feature</th>
                <th scope="col" class="right">
                  Actual
                </th>
                <th scope="col" class="right">
                  Typical
                </th>
                <th scope="col">Share</th>
              </tr>
            </thead>
            <tbody>
              {data.standouts.map(({ feature, actual, typical, unit, share }) => (
                <tr key={feature}>
                  <th scope="row">
                    {featureName(feature)} <span class="note">{unit}</span>
                  </th>
                  <td class="right">{short(actual)}</td>
                  <td class="right">{short(typical)}</td>
                  <td>
                    <span class="bar-of" aria-hidden="true">
                      <span style={{ width: `${Math.round((100 * share) / most)}%` }} />
                    </span>
                    <span class="note">{Math.round(100 * share)} %</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : null}
      {data.templates.length > 0 ? (
        <>
          <Sub>Lines</Sub>
          <ul class="templates">
            {data.templates.map(({ template, count, novel, sample }) => (
              <li key={template}>
                <code class="sample">{sample || template}</code>
                <span class="note">
                  {novel ? <Badge tone="info">new</Badge> : null} {count} times · {template}
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <Sub>Who says so</Sub>
      <p>{data.believed}</p>
      {data.rules.length > 0 ? <p>Rules: {data.rules.join(', ')}</p> : null}
      {data.detectors.length > 0 ? (
        <ul class="chips">
          {data.detectors.map(({ detector, u, saw }) => (
            <li key={detector} class={saw ? 'saw' : ''}>
              {detector} {short(u)}
              <span class="unseen">{saw ? ' would have fired' : ' would not have fired'}</span>
            </li>
          ))}
        </ul>
      ) : null}
      <Sub>Timeline</Sub>
      <ol class="timeline">
        {data.changes.map(({ id: change, at, title, version, by, url }) => (
          <li key={change}>
            <time dateTime={at}>{moment(at)}</time> deploy: <Outside href={url}>{title}</Outside> {version}{' '}
            {by ? `by ${by}` : ''}
          </li>
        ))}
        {data.steps.map(({ at, what, severity, u }, i) => (
          <li key={i}>
            <time dateTime={at}>{moment(at)}</time> {stepWords[what] ?? what}{' '}
            <span class="note">
              {severity}, level {short(u)}
            </span>
          </li>
        ))}
        {data.verdicts.map(({ id: verdict, value, by, via, at, revokedAt }) => (
          <li key={verdict}>
            <time dateTime={at}>{moment(at)}</time> verdict {verdictWords[value]} by {by}{' '}
            <span class="note">({via})</span>
            {revokedAt ? `, taken back ${moment(revokedAt)}` : ''}
          </li>
        ))}
        {data.healing.map(({ seq, at, what, rule, by, why }) => (
          <li key={seq}>
            <time dateTime={at}>{moment(at)}</time> healing {rule}: {what}{' '}
            <span class="note">
              {by} {why}
            </span>
          </li>
        ))}
      </ol>
      <Healing alert={data} heading={Sub} />
      {data.links.length > 0 ? (
        <p class="links">
          {data.links.map(({ name, url }) => (
            <Outside key={name} href={url}>
              {name}
            </Outside>
          ))}
        </p>
      ) : null}
    </article>
  );
}

/** The four verdicts as buttons, and the way back. */
function Answer({ alert }: { alert: WholeAlert }) {
  const may = useMay('verdict');
  const [trouble, setTrouble] = useState('');
  if (!may) return null;
  const failed = (error: unknown): void => setTrouble(error instanceof RequestRefused ? error.message : String(error));
  const give = (value: Verdict): void =>
    void post('verdicts', { alerts: [alert.id], value }).then(() => setTrouble(''), failed);
  const undo = (): void => void post('verdicts/undo', { ids: [alert.verdictId] }).then(() => setTrouble(''), failed);
  return (
    <p class="answer">
      <span class="group" role="group" aria-label={`Verdict on ${alert.service}`}>
        {verdictKeys.map((value) => (
          <button type="button" key={value} aria-pressed={alert.verdict === value} onClick={() => give(value)}>
            {verdictWords[value]}
          </button>
        ))}
      </span>
      {alert.verdictId ? (
        <button type="button" onClick={undo}>
          take back
        </button>
      ) : null}
      {trouble ? <span class="problem">{trouble}</span> : null}
    </p>
  );
}

/** Actions of healing on it that wait for a person. */
function Healing({ alert, heading: Sub }: { alert: WholeAlert; heading: 'h2' | 'h3' }) {
  const may = useMay('heal');
  const actions = useResource<Page<HealingRow>>(address('healing', { limit: 100 }), { topics: ['healing'] });
  const [trouble, setTrouble] = useState('');
  const own = (actions.data?.items ?? []).filter(({ id }) => id.startsWith(`${alert.id}-`));
  if (own.length === 0) return null;
  const say = (command: 'approve' | 'deny', about: string): void =>
    void post('api/heal', { command, about }).then(
      () => {
        setTrouble('');
        actions.again();
      },
      (error: unknown) => setTrouble(error instanceof RequestRefused ? error.message : String(error)),
    );
  return (
    <>
      <Sub>Healing</Sub>
      <ul class="cards">
        {own.map(({ id, rule, state, waits, expiresAt }) => (
          <li key={id}>
            {rule}: {state}
            {waits && expiresAt ? <span class="note"> until {moment(expiresAt)}</span> : null}
            {waits && may ? (
              <span class="group" role="group" aria-label={`Answer ${rule}`}>
                <button type="button" onClick={() => say('approve', id)}>
                  Approve
                </button>
                <button type="button" onClick={() => say('deny', id)}>
                  Refuse
                </button>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      {trouble ? <p class="problem">{trouble}</p> : null}
    </>
  );
}
