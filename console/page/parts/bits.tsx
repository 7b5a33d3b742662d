/** Small parts that views share. */
import type { ComponentChildren } from 'preact';
import { useResource, type Resource } from '../resource.js';
import type { Severity, StatusAnswer } from '../rows.js';
import { whole } from '../wording.js';
import { hrefOf } from '../route.js';

/** A word in a colour; the word alone says it. */
export const Badge = ({ tone, children }: { tone: string; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>{children}</span>
);

export const SeverityBadge = ({ severity, status }: { severity: Severity; status: 'firing' | 'resolved' }) => (
  <>
    <Badge tone={status === 'firing' ? severity : 'quiet'}>{status === 'firing' ? severity : 'resolved'}</Badge>
    {status === 'resolved' && severity === 'critical' ? <Badge tone="quiet">was critical</Badge> : null}
    {severity === 'info' ? <Badge tone="quiet">only differs</Badge> : null}
  </>
);

/** What a view shows before it has data, and where it has none. */
export function Waiting({ of, what }: { of: Resource<unknown>; what: string }) {
  if (of.error) return <p class="problem">{of.error.message}</p>;
  return <p class="note">{of.isLoading ? `${what}…` : `no ${what}`}</p>;
}

/** A problem above what was known before. */
export const Trouble = ({ of }: { of: Resource<unknown> }) =>
  of.error && of.data !== undefined ? <p class="problem">{of.error.message}: what is shown was known before.</p> : null;

/** An address outside: http(s) alone is made a link, anything else is text. */
export function Outside({ href, children }: { href: string; children: ComponentChildren }) {
  return /^https?:\/\//i.test(href) ? (
    <a href={href} rel="noreferrer noopener" target="_blank">
      {children}
    </a>
  ) : (
    <span>{children}</span>
  );
}

/** A link to an entity. */
export const EntityLink = ({
  entity,
  name,
  query,
}: {
  entity: string;
  name: string;
  query?: Record<string, string>;
}) => <a href={hrefOf(['entities', entity], query)}>{name}</a>;

/** A table that scrolls by itself where the page is narrow, also by keys. */
export const Scroll = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div class="scroll" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);

/** What the process is doing, in words: lines that it read and refused, and what it has learnt so far. */
export function Doing() {
  const { data } = useResource<StatusAnswer>('api/status', { topics: ['decisions'] });
  if (!data) return null;
  const { lines, learning, problems, waiting } = data;
  return (
    <p class="note">
      {[...problems, ...waiting].map((one) => (
        <span class="problem" key={one}>
          {one}.{' '}
        </span>
      ))}
      {whole(lines.in)} lines in: {whole(lines.read)} read
      {lines.joined > 0 ? `, ${whole(lines.joined)} joined` : ''}
      {lines.refused > 0 ? (
        <>
          , <a href={hrefOf(['pipeline'])}>{whole(lines.refused)} refused</a>
        </>
      ) : null}
      . {learning}
    </p>
  );
}
