/** What `respond` decides to tell the outside: effects as values, carried out by connectors. */
import { alertCodec, severities, type Alert, type Severity } from './alert.js';
import { oneOf, struct, text, union, type Codec } from './wire/codec.js';

/** The state of an alert changed or was confirmed: printed, and kept in step at every Alertmanager. */
export interface AlertNotice {
  readonly type: 'notice';
  readonly alert: Alert;
  /** `new`, `worse`, `resolved` are news for people; `refresh` is not. */
  readonly change: 'new' | 'worse' | 'refresh' | 'resolved';
}

/** One POST to a webhook route, at least once. `id` is the idempotency key that the receiver sees. */
export interface WebhookCall {
  readonly type: 'webhook';
  readonly id: string;
  readonly route: string;
  readonly alert: Alert;
}

/** An effect that a connector carries out. */
export type Notification = AlertNotice | WebhookCall;

/** Canonical bytes of a notification, as the outbox keeps it. */
export const notificationCodec: Codec<Notification> = union<Notification>([
  [
    1,
    'notice',
    struct<Omit<AlertNotice, 'type'>>({ alert: alertCodec, change: oneOf('new', 'worse', 'refresh', 'resolved') }),
  ],
  [2, 'webhook', struct<Omit<WebhookCall, 'type'>>({ id: text, route: text, alert: alertCodec })],
]);

/** Whether `severity` is at least `least`. */
export const atLeast = (severity: Severity, least: Severity): boolean =>
  severities.indexOf(severity) >= severities.indexOf(least);
