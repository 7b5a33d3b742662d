/** Alerts on standard output: cards for people, one JSON object a line for programs. */
import { alertDocument } from '../../connectors/kafka/alert-document.js';
import type { AlertNotice } from '../../records/notification.js';
import { cardOf } from './alert-card.js';
import { placeOf } from './card.js';
import { visible } from './columns.js';
import type { Screen } from './screen.js';
import { span } from './wording.js';

export type AlertForm = 'auto' | 'text' | 'json' | 'none';

/** `auto` is text on a terminal and JSON elsewhere. */
export const formOf = (form: AlertForm, isTerminal: boolean): Exclude<AlertForm, 'auto'> =>
  form === 'auto' ? (isTerminal ? 'text' : 'json') : form;

/** Prints what is news for people: that an alert begins, gets worse or is over. */
export function alertPrinter(
  form: Exclude<AlertForm, 'auto'>,
  screen: Screen,
  write: (line: string) => void,
): ((notice: AlertNotice) => void) | undefined {
  if (form === 'none') return undefined;
  return ({ alert, change }) => {
    if (alert.audit || change === 'refresh') return;
    if (form === 'json') write(`${JSON.stringify({ change, ...alertDocument(alert, {}) })}\n`);
    // On a terminal only what pages is shown; `tocsin alerts list` has what only differs.
    else if (alert.severity === 'info') return;
    else if (change !== 'resolved') screen.alert(cardOf(alert));
    else {
      const place = visible(placeOf(alert.entity));
      screen.note(`- ${place}: over after ${span(alert.at - alert.startsAt)} (alert ${alert.fingerprint})`);
    }
  };
}
