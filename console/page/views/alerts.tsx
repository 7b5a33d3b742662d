/** Triage: a list that keys walk through, the current alert beside it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { address, post, RequestRefused } from '../api.js';
import { Badge, SeverityBadge, Trouble, Waiting } from '../parts/bits.js';
import { useKeys } from '../parts/keys.js';
import { useResource } from '../resource.js';
import { setQuery, type PagePlace } from '../route.js';
import type { AlertRow, Page, Verdict } from '../rows.js';
import { useMay } from '../session.js';
import { moment, plural, short, verdictKeys, verdictWords } from '../wording.js';
import { AlertDetail } from './alert.js';

interface Done {
  readonly rows: readonly AlertRow[];
  readonly value: Verdict;
  readonly ids: Promise<readonly string[]>;
}

const pageSize = 200;
/** A mute by key lasts so long, ms of event time. */
const muteMs = 4 * 3_600_000;

export function Alerts({ place }: { place: PagePlace }) {
  const { query } = place;
  const mayAnswer = useMay('verdict');
  const list = useRef<HTMLOListElement>(null);
  const detail = useRef<HTMLDivElement>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [away, setAway] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState<string>();
  const [isReading, setReading] = useState(false);
  const [said, setSaid] = useState('');
  const [text, setText] = useState(query.get('q') ?? '');
  const done = useRef<Done[]>([]);

  const show = query.get('show') ?? 'open';
  const path = address('alerts', {
    limit: pageSize,
    q: query.get('q') ?? undefined,
    match: query.getAll('match'),
    severity: query.get('severity') ?? undefined,
    status: query.get('status') ?? undefined,
    answered: show === 'open' ? false : show === 'answered' ? true : undefined,
    audit: show === 'questions' ? true : show === 'all' ? undefined : false,
  });
  const isFrozen = selected.size > 0;
  const alerts = useResource<Page<AlertRow>>(path, { topics: ['alerts', 'verdicts'], isPaused: isFrozen });
  const rows = useMemo(() => (alerts.data?.items ?? []).filter(({ id }) => !away.has(id)), [alerts.data, away]);
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === current),
  );
  const row = rows[at];

  // What the server lists no more need not be kept away any longer.
  useEffect(() => {
    const listed = new Set(alerts.data?.items.map(({ id }) => id));
    setAway((before) => {
      const kept = [...before].filter((id) => listed.has(id));
      return kept.length === before.size ? before : new Set(kept);
    });
  }, [alerts.data]);

  const focusOn = (id: string | undefined): void => {
    setCurrent(id);
    requestAnimationFrame(() => {
      const links = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
      links.find((link) => link.dataset.row === id)?.focus({ preventScroll: false });
    });
  };
  const step = (by: number): void => {
    if (rows.length === 0) return;
    const next =
      current === undefined ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by));
    focusOn(rows[next]!.id);
  };

  const give = useCallback(
    (value: Verdict, meant: readonly AlertRow[]): void => {
      if (!mayAnswer) {
        setSaid('your token has no scope verdict');
        return;
      }
      if (meant.length === 0) return;
      const taken = new Set(meant.map(({ id }) => id));
      const left = rows.filter(({ id }) => !taken.has(id));
      const after = rows.slice(at).find(({ id }) => !taken.has(id)) ?? left[left.length - 1];
      if (show === 'open' || show === 'questions') setAway((before) => new Set([...before, ...taken]));
      setSelected(new Set());
      const ids = post<{ ids: string[] }>('verdicts', { alerts: [...taken], value }).then((answer) => answer.ids);
      done.current.push({ rows: meant, value, ids });
      const what = meant.length === 1 ? meant[0]!.service : plural(meant.length, 'alert');
      setSaid(`${verdictWords[value]}: ${what}. u takes it back`);
      ids.catch((error: unknown) => {
        setSaid(`not given: ${error instanceof RequestRefused ? error.message : String(error)}`);
        setAway((before) => new Set([...before].filter((id) => !taken.has(id))));
        done.current = done.current.filter((one) => one.ids !== ids);
      });
      focusOn(after?.id);
    },
    [rows, at, mayAnswer, show],
  );
  const meant = (): readonly AlertRow[] =>
    selected.size > 0 ? rows.filter(({ id }) => selected.has(id)) : row ? [row] : [];

  const undo = (): void => {
    const last = done.current.pop();
    if (!last) {
      setSaid('nothing to take back');
      return;
    }
    const names = new Set(last.rows.map(({ id }) => id));
    last.ids
      .then((ids) => post('verdicts/undo', { ids }))
      .then(() => {
        setSaid(
          `taken back: ${verdictWords[last.value]} on ${last.rows.length === 1 ? last.rows[0]!.service : plural(last.rows.length, 'alert')}`,
        );
        setAway((before) => new Set([...before].filter((id) => !names.has(id))));
        alerts.again();
        focusOn(last.rows[0]!.id);
      })
      .catch((error: unknown) =>
        setSaid(`not taken back: ${error instanceof RequestRefused ? error.message : String(error)}`),
      );
  };

  const mute = (): void => {
    if (!row || !mayAnswer) return;
    const from = Date.parse(row.lastAt);
    post('api/calendar', {
      name: `muted from the console`,
      action: 'mute',
      match: row.labels,
      from: new Date(from).toISOString(),
      to: new Date(from + muteMs).toISOString(),
    })
      .then(() => setSaid(`${row.service} is muted for 4 hours, until ${moment(from + muteMs)}`))
      .catch((error: unknown) =>
        setSaid(`not muted: ${error instanceof RequestRefused ? error.message : String(error)}`),
      );
  };

  const toggle = (id: string): void =>
    setSelected((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });

  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: () => {
      if (!row) return;
      setCurrent(row.id);
      setReading(true);
      requestAnimationFrame(() => detail.current?.focus());
    },
    Escape: () => {
      if (selected.size > 0) setSelected(new Set());
      setReading(false);
      if (row) focusOn(row.id);
    },
    1: () => give(verdictKeys[0], meant()),
    2: () => give(verdictKeys[1], meant()),
    3: () => give(verdictKeys[2], meant()),
    4: () => give(verdictKeys[3], meant()),
    u: undo,
    m: mute,
    x: () => row && toggle(row.id),
    a: () => setSelected(selected.size > 0 ? new Set() : new Set(rows.map(({ id }) => id))),
  });

  const shows: readonly (readonly [string, string])[] = [
    ['open', 'to answer'],
    ['questions', 'questions'],
    ['answered', 'answered'],
    ['all', 'all'],
  ];
  return (
    <>
      <h1>Alerts</h1>
      <form class="bar" role="search" onSubmit={(event) => event.preventDefault()}>
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
        <div class="group" role="group" aria-label="Which alerts">
          {shows.map(([name, word]) => (
            <button
              type="button"
              key={name}
              aria-pressed={show === name}
              onClick={() => setQuery(place, { show: name })}
            >
              {word}
            </button>
          ))}
        </div>
        <label>
          <span>Severity</span>
          <select
            value={query.get('severity') ?? ''}
            onChange={({ currentTarget }) => setQuery(place, { severity: currentTarget.value || undefined })}
          >
            <option value="">any</option>
            <option>critical</option>
            <option>warning</option>
            <option>info</option>
          </select>
        </label>
        <label>
          <span>Status</span>
          <select
            value={query.get('status') ?? ''}
            onChange={({ currentTarget }) => setQuery(place, { status: currentTarget.value || undefined })}
          >
            <option value="">any</option>
            <option>firing</option>
            <option>resolved</option>
          </select>
        </label>
      </form>
      <Trouble of={alerts} />
      <div class="toolbar">
        <span class="note">
          {isFrozen
            ? `${plural(selected.size, 'alert')} selected. Updates are paused while you select; Esc resumes.`
            : `${plural(rows.length, 'alert')}${alerts.data?.next ? ` of ${alerts.data.total}` : ''}`}
        </span>
        {mayAnswer ? (
          <span
            class="group"
            role="group"
            aria-label={isFrozen ? 'Verdict on all that is selected' : 'Verdict on the current alert'}
          >
            {verdictKeys.map((value, i) => (
              <button type="button" key={value} disabled={!row} onClick={() => give(value, meant())}>
                <kbd>{i + 1}</kbd> {verdictWords[value]}
              </button>
            ))}
            <button type="button" onClick={undo}>
              <kbd>u</kbd> undo
            </button>
          </span>
        ) : (
          <span class="note">you may read, and give no verdicts</span>
        )}
        <span role="status" class="said">
          {said}
        </span>
      </div>
      <div class={`split ${isReading ? 'reading' : ''}`}>
        {rows.length > 0 ? (
          <ol class="alerts" ref={list} aria-label="Alerts">
            {rows.map((one) => (
              <li key={one.id} class={one.id === row?.id ? 'current' : ''}>
                <input
                  type="checkbox"
                  aria-label={`Select ${one.service}, ${moment(one.startsAt)}`}
                  checked={selected.has(one.id)}
                  onChange={() => toggle(one.id)}
                />
                <a
                  href={`#/alerts/${encodeURIComponent(one.id)}`}
                  data-row={one.id}
                  aria-current={one.id === row?.id ? 'true' : undefined}
                  onFocus={() => setCurrent(one.id)}
                  onClick={(event) => {
                    // A new tab stays a new tab, and text that was marked stays marked.
                    if (event.ctrlKey || event.metaKey || event.shiftKey || !getSelection()?.isCollapsed) return;
                    event.preventDefault();
                    setCurrent(one.id);
                    setReading(true);
                  }}
                >
                  <span class="line">
                    <b>{one.service}</b>
                    {one.kind === 'service' ? null : <span class="note">{one.kind}</span>}
                    <SeverityBadge severity={one.severity} status={one.status} />
                    {one.audit ? <Badge tone="quiet">question</Badge> : null}
                    {one.muted ? <Badge tone="quiet">muted</Badge> : null}
                    {one.verdict ? <Badge tone="answered">{verdictWords[one.verdict]}</Badge> : null}
                    <time dateTime={one.startsAt}>{moment(one.startsAt)}</time>
                  </span>
                  <span class="what">{one.summary}</span>
                  <span class="note">
                    {one.rarity} · level {short(one.u)}
                    {one.incidentSize > 1 ? ` · one of ${one.incidentSize} together` : ''}
                  </span>
                </a>
              </li>
            ))}
          </ol>
        ) : alerts.data ? (
          <p class="note empty">{show === 'open' ? 'Nothing waits for an answer.' : 'No alert is like that.'}</p>
        ) : (
          <Waiting of={alerts} what="alerts" />
        )}
        <div class="detail" ref={detail} tabIndex={-1} aria-label="The current alert" role="region">
          {isReading ? (
            <button type="button" class="back" onClick={() => setReading(false)}>
              ‹ list
            </button>
          ) : null}
          {row ? <AlertDetail id={row.id} key={row.id} heading="h2" /> : null}
        </div>
      </div>
    </>
  );
}
