/** Gives a verdict to a running tocsin, by the same door as everybody. */
import { verdictValues } from '../../records/verdict.js';
import { callApi, type ApiOptions } from '../api-client.js';
import { UserError } from '../exit-codes.js';

type FeedbackOptions = ApiOptions & { readonly by: string };

export async function feedback(alert: string, value: string, { by, ...options }: FeedbackOptions): Promise<void> {
  if (!(verdictValues as readonly string[]).includes(value)) {
    throw new UserError(`${value} is no verdict: say ${verdictValues.join(', ')}`);
  }
  const data = await callApi<{ id: string }>('post', '/api/verdicts', options, { alert, value, by });
  console.log(options.json ? JSON.stringify(data) : `noted: ${alert} was ${value} (verdict ${data.id})`);
}
