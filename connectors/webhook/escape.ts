/** How text from logs and labels is made harmless for the place where it is shown. */
import { shown } from '../../records/shown-text.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Half of a surrogate pair, as a cut may leave it, becomes U+FFFD. */
export const wellFormed = (text: string): string => Buffer.from(text).toString();

const query = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');

/**
 * An address without what ends it early in a chat: brackets close a link of Markdown, a quote an attribute. What reads the
 * address takes them back (RFC 3986, 2.1).
 */
export const withoutMarks = (url: string): string =>
  url.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Where people read, controls and what hides or turns text are shown as escapes first.
 *
 * - `none`: as it is; a JSON body needs no more, since it is built as a tree.
 * - `plain`: text for people without any markup.
 * - `slack`: mrkdwn, <https://api.slack.com/reference/surfaces/formatting#escaping>: without `<` no link, mention or
 *   channel can be made.
 * - `markdown`: a backslash before what CommonMark gives a meaning, for Teams and for chats like it.
 * - `html`: text and quoted attributes.
 * - `url`: one component of an address, percent-encoded (RFC 3986).
 * - `query`: the inside of a double-quoted string of PromQL, LogQL or KQL, and of a Prometheus label value.
 * - `rison`: as `query`, inside a quoted string of Kibana's RISON.
 * - `header`: an HTTP header value: one line of visible ASCII.
 */
export const escapes = {
  none: (text) => text,
  plain: shown,
  slack: (text) => shown(text).replace(/[&<>]/g, (one) => entities[one]!),
  markdown: (text) => shown(text).replace(/[\\`*_{}[\]()#+\-.!|~<>]/g, '\\$&'),
  html: (text) => shown(text).replace(/[&<>"']/g, (one) => entities[one]!),
  url: (text) => withoutMarks(encodeURIComponent(wellFormed(text))),
  query,
  rison: (text) => query(text).replace(/[!']/g, '!$&'),
  header: (text) => text.replace(/[^\x20-\x7e]+/g, ' ').trim(),
} as const satisfies Readonly<Record<string, (text: string) => string>>;

/** A place where text is shown. */
export type Escape = keyof typeof escapes;
