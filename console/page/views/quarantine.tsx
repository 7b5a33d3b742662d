/** Rows that broke a rule about data: which rule, how many, and the last one. */
import { EntityLink, Scroll, Trouble, Waiting } from '../parts/bits.js';
import { useResource } from '../resource.js';
import { hrefOf } from '../route.js';
import type { QuarantineAnswer } from '../rows.js';
import { entityName, featureName, moment, plural, whole } from '../wording.js';

export function Quarantine() {
  const quarantine = useResource<QuarantineAnswer>('quarantine', { topics: ['dead-letters'] });
  const { data } = quarantine;
  return (
    <section aria-labelledby="quarantine">
      <h2 id="quarantine">Quarantine</h2>
      <Trouble of={quarantine} />
      {!data ? (
        <Waiting of={quarantine} what="rules about data" />
      ) : (
        <>
          <p class="note">
            {data.suite === null ? (
              <>
                No rules about data are configured: <code>features.suite</code> names a file of them.
              </>
            ) : (
              <>
                Each row is held against the rules of <code>{data.suite}</code> before it is scored. One that breaks a
                rule is put aside and {data.leavesOut ? 'is neither scored nor learnt from' : 'is scored all the same'}.
              </>
            )}
          </p>
          {data.items.length > 0 ? <Rules items={data.items} /> : null}
        </>
      )}
    </section>
  );
}

function Rules({ items }: Pick<QuarantineAnswer, 'items'>) {
  return (
    <Scroll label="Rules about data">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col" class="right">
              Rows
            </th>
            <th scope="col">Last row, UTC</th>
            <th scope="col">Entity</th>
            <th scope="col">What it has</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ rule, rows, column, entity, at, number, value, sample }) => (
            <tr key={rule} data-rule={rule}>
              <th scope="row">{rule}</th>
              <td class="right">{whole(rows)}</td>
              <td>{at === null ? 'none yet' : moment(at)}</td>
              <td>{entity === null ? '' : <EntityLink entity={entity} name={entityName(entity)} />}</td>
              <td>
                {value === null ? '' : `${featureName(column)} ${value}`}
                {sample ? (
                  <details>
                    <summary>Row of dead letter {number}</summary>
                    <code>{sample}</code>
                  </details>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">
        <a href={hrefOf(['pipeline'], { reason: 'quarantine' })}>
          {plural(
            items.reduce((sum, { rows }) => sum + rows, 0),
            'dead letter',
          )}
        </a>{' '}
        of this reason.
      </p>
    </Scroll>
  );
}
