/** An incident: alerts that broke out together, in order, with what is likely to have begun it. */
import { useMemo, useState } from 'preact/hooks';
import { address, post, RequestRefused } from '../api.js';
import { Badge, SeverityBadge, Trouble, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import { hrefOf } from '../route.js';
import type { AlertRow, Page, Verdict, WholeAlert } from '../rows.js';
import { useMay } from '../session.js';
import { lasting, moment, plural, verdictKeys, verdictWords } from '../wording.js';

export function IncidentView({ id }: { id: string }) {
  const may = useMay('verdict');
  const [said, setSaid] = useState('');
  const alerts = useResource<Page<AlertRow>>(address('alerts', { incident: id, limit: 500 }), {
    topics: ['alerts', 'verdicts'],
  });
  const rows = useMemo(
    () => [...(alerts.data?.items ?? [])].sort((a, b) => (a.startsAt < b.startsAt ? -1 : 1)),
    [alerts.data],
  );
  const first = useResource<WholeAlert>(rows[0] ? `alerts/${encodeURIComponent(rows[0].id)}` : undefined, {
    topics: ['alerts'],
  });
  if (rows.length === 0) return <Waiting of={alerts} what="alerts of this incident" />;
  const begin = Date.parse(rows[0]!.startsAt);
  const end = Math.max(...rows.map(({ lastAt }) => Date.parse(lastAt)));
  const length = Math.max(1, end - begin);
  const give = (value: Verdict): void =>
    void post<{ ids: string[] }>('verdicts', { alerts: rows.map((one) => one.id), value }).then(
      ({ ids }) => setSaid(`${verdictWords[value]} on ${plural(ids.length, 'alert')}`),
      (error: unknown) => setSaid(error instanceof RequestRefused ? error.message : String(error)),
    );
  return (
    <>
      <h1>Incident</h1>
      <Trouble of={alerts} />
      <p>
        {plural(rows.length, 'alert')} since {moment(begin)}, {lasting(length)}.
        {first.data?.origin ? ` Likely origin: ${first.data.origin}` : ''}
        {first.data?.originWhy ? ` (${first.data.originWhy}).` : ''}
      </p>
      {may ? (
        <p class="answer">
          <span class="group" role="group" aria-label="Verdict on all of it">
            {verdictKeys.map((value) => (
              <button type="button" key={value} onClick={() => give(value)}>
                {verdictWords[value]}
              </button>
            ))}
          </span>
          <span role="status">{said}</span>
        </p>
      ) : null}
      <ol class="spans">
        {rows.map((one) => (
          <li key={one.id}>
            <p class="line">
              <a href={hrefOf(['alerts', one.id])}>{one.service}</a>
              <SeverityBadge severity={one.severity} status={one.status} />
              {one.verdict ? <Badge tone="answered">{verdictWords[one.verdict]}</Badge> : null}
              <time dateTime={one.startsAt}>{moment(one.startsAt)}</time>
            </p>
            <div class="track" aria-hidden="true">
              <span
                class={`span ${one.severity}`}
                style={{
                  left: `${(100 * (Date.parse(one.startsAt) - begin)) / length}%`,
                  right: `${(100 * (end - Date.parse(one.lastAt))) / length}%`,
                }}
              />
            </div>
            <p class="what">{one.summary}</p>
          </li>
        ))}
      </ol>
    </>
  );
}
