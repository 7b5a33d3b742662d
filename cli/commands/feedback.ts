/** Gives verdicts to a running tocsin and takes them back, by the same door as everybody. */
import { verdictValues } from '../../records/verdict.js';
import { callApi, type ApiOptions } from '../api-client.js';
import { StartError } from '../../runtime/start-error.js';

type FeedbackOptions = ApiOptions & { readonly by: string };

/** A time, from and to in ISO 8601. */
export type RangeOptions = FeedbackOptions & { readonly from: string; readonly to: string };

/** What a verdict is about, as the body of the API has it. */
export type FeedbackSubject =
  | { readonly alert: string }
  | { readonly incident: string }
  | { readonly entity: string; readonly from: string; readonly to: string };

export async function feedback(
  subject: FeedbackSubject,
  value: string,
  { by, ...options }: FeedbackOptions,
): Promise<void> {
  if (!(verdictValues as readonly string[]).includes(value)) {
    throw new StartError(`${value} is no verdict: say ${verdictValues.join(', ')}`);
  }
  const data = await callApi<{ ids: string[] }>('post', '/api/verdicts', options, { ...subject, value, by });
  const about = Object.values(subject).join(' ');
  const verdicts = data.ids.length === 1 ? 'verdict' : 'verdicts';
  console.log(
    options.json ? JSON.stringify(data) : `noted: ${about} was ${value} (${verdicts} ${data.ids.join(', ')})`,
  );
}

export async function revoke(id: string, { by, ...options }: FeedbackOptions): Promise<void> {
  const path = `/api/verdicts/${encodeURIComponent(id)}?by=${encodeURIComponent(by)}`;
  const data = await callApi<{ id: string }>('delete', path, options);
  console.log(options.json ? JSON.stringify(data) : `taken back: verdict ${data.id}`);
}
