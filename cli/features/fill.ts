/** `features fill`: a metric set without gaps, one JSON object a time. */
import type { FillMethod } from '../../models/imputation/methods.js';
import { filledSet } from '../../offline/features/fill.js';
import { usualDir } from '../../offline/features/export.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import type { ViewName } from '../../training/features/views.js';

export interface FillOptions {
  readonly config: string;
  readonly dir?: string;
  readonly view: ViewName;
  readonly column: string;
  readonly match: string;
  readonly method: FillMethod;
}

export async function fillSet({ config, dir, ...request }: FillOptions): Promise<void> {
  const { entities, rows } = await filledSet(dir ?? usualDir(await readSettledConfig(config)), request);
  for (const { time, values, filled } of rows)
    console.log(
      JSON.stringify({
        time: new Date(time).toISOString(),
        // No number stands for "not known yet".
        values: Object.fromEntries(
          entities.map((entity, at) => [entity, Number.isNaN(values[at]) ? null : values[at]]),
        ),
        filled: filled.map((at) => entities[at]),
      }),
    );
}
