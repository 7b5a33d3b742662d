/** Models: the set in force and those before it. */
import { address } from '../api.js';
import { Badge, Doing, Scroll, Trouble, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import type { ModelRow, Page } from '../rows.js';
import { moment, whole } from '../wording.js';
import { Quarantine } from './quarantine.js';
import { Drift, ImportanceOfFeatures, Training } from './learning.js';

export function Models() {
  const models = useResource<Page<ModelRow>>(address('models', { limit: 500 }), { topics: ['healing'] });
  const sets = [...new Set(models.data?.items.map(({ set }) => set) ?? [])];
  return (
    <>
      <h1>Models</h1>
      <Doing />
      <Trouble of={models} />
      <Training />
      <Drift />
      <Quarantine />
      <ImportanceOfFeatures />
      {sets.length === 0 ? (
        models.data ? (
          <p class="note">No set is stored yet.</p>
        ) : (
          <Waiting of={models} what="models" />
        )
      ) : null}
      {sets.map((set) => {
        const rows = models.data!.items.filter((one) => one.set === set);
        return (
          <section key={set}>
            <h2>
              Set <code>{set.slice(0, 12)}</code> {rows[0]!.inForce ? <Badge tone="answered">in force</Badge> : null}
            </h2>
            <p class="note">
              scores windows from {moment(rows[0]!.from)} on
              {rows[0]!.trainedFrom && rows[0]!.trainedTo
                ? `; trained on ${moment(rows[0]!.trainedFrom)} to ${moment(rows[0]!.trainedTo)}`
                : ''}
            </p>
            <Scroll label={`Detectors of set ${set.slice(0, 12)}`}>
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">Detector</th>
                    <th scope="col">Schema</th>
                    <th scope="col">Kind</th>
                    <th scope="col" class="right">
                      Windows
                    </th>
                    <th scope="col" class="right">
                      Bytes
                    </th>
                    <th scope="col">What it looks at</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((one) => (
                    <tr key={`${one.schema} ${one.name}`}>
                      <th scope="row" title={one.sha256}>
                        {one.name}
                      </th>
                      <td>{one.schema}</td>
                      <td>
                        {one.kind} {one.version}
                        {one.exact ? '' : ', not exact'}
                      </td>
                      <td class="right">{whole(one.rows)}</td>
                      <td class="right">{whole(one.bytes)}</td>
                      <td>{one.description}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </section>
        );
      })}
    </>
  );
}
