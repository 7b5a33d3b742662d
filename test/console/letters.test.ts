/** Dead letters as the console knows them: once each, and rows that broke a rule by the rule. */
import { LastLetters } from '../../console/view/letters.js';
import { encodeDeadLetter } from '../../records/dead-letter.js';

const start = Date.UTC(2026, 0, 5);
const rule = 'expect_column_values_to_be_between volume';

const put = (entity: string, minute: number, name = rule): Uint8Array =>
  encodeDeadLetter({
    ...{ reason: 'quarantine', source: 'windows/0', at: start },
    ...{ offset: start + minute * 60_000, time: start + minute * 60_000 },
    detail: `${name}: ${entity} ${new Date(start + minute * 60_000).toISOString()}`,
    bytes: Buffer.from(JSON.stringify({ entity, event_time: start, volume: minute + 0.5, token: 'password=hunter2' })),
  });

const lettersOf = (...values: Uint8Array[]): LastLetters => {
  const letters = new LastLetters();
  values.forEach((value, offset) => letters.push({ offset, value, key: '' } as Parameters<LastLetters['push']>[0]));
  return letters;
};
const [cart, odd] = ['service{service="cart"}', 'service{service="a: b, c"}'];

test('rows that broke a rule are counted by the rule, with the last one', () => {
  const letters = lettersOf(
    put(cart, 1),
    put(odd, 2),
    put(cart, 2, 'expect_column_values_to_match_regex entity (known)'),
  );
  expect([...letters.quarantined.keys()]).toEqual([rule, 'expect_column_values_to_match_regex entity (known)']);
  expect(letters.quarantined.get(rule)).toMatchObject({
    ...{ rows: 2, number: 1, entity: odd, at: start + 120_000, value: '2.5' },
  });
  expect(letters.quarantined.get('expect_column_values_to_match_regex entity (known)')).toMatchObject({
    ...{ rows: 1, value: JSON.stringify(cart) },
  });
  for (const { text } of letters.quarantined.values()) expect(text).not.toContain('hunter2');
});

test('two entities, or two rules, at one end are two letters; what a restart has written again is one', () => {
  const both = [put(cart, 1), put(odd, 1), put(cart, 1, 'expect_column_values_to_not_be_null volume')];
  const letters = lettersOf(...both, ...both, put(cart, 2));
  expect(letters.latest().map(({ number }) => number)).toEqual([6, 2, 1, 0]);
  expect(letters.reasons).toEqual(new Map([['quarantine', 4]]));
  expect(letters.quarantined.get(rule)?.rows).toBe(3);
});
