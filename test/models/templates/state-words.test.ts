import { maskedText, secretsMasked } from '../../../models/templates/mask.js';
import { SignatureScan } from '../../../models/templates/signature.js';
import { outcomes } from '../../../records/log-record.js';

const masked = (text: string): string => maskedText(Buffer.from(text));
const outcome = (text: string): string => {
  const scan = new SignatureScan();
  const bytes = Buffer.from(text);
  scan.scan(bytes, 0, bytes.length);
  return outcomes[scan.outcome]!;
};

test.each([
  ['"GET /cart/12 HTTP/1.1" 503 612 "-" "curl/8.0"', '"GET <*>" 5xx <*> "-" "<*>"', 'server-error'],
  ['HTTP 500 for GET /api/v2/users/12', 'HTTP 5xx for GET <*>', 'server-error'],
  ['HTTP 404 for GET /api/v2/users/12', 'HTTP 4xx for GET <*>', 'client-error'],
  ['HTTP/1.1 200 OK', '<*> 2xx OK', 'ok'],
  ['request done status=200 bytes=512', 'request done status=2xx bytes=<*>', 'ok'],
  ['upstream returned 502 after 3 tries', 'upstream returned 5xx after <*> tries', 'server-error'],
  ['{"path":"/a","status":503}', '{"path":"<*>","status":5xx}', 'server-error'],
  ['job cleanup exit code 0', 'job cleanup exit code 0', 'ok'],
  ['job cleanup exit code 137', 'job cleanup exit code nonzero', 'server-error'],
  ['process exited with code 1', 'process exited with code nonzero', 'server-error'],
  ['exit status 2', 'exit status nonzero', 'server-error'],
  ['pool cart state=DOWN members=7', 'pool cart state=DOWN members=<*>', 'server-error'],
  ['pool cart state=UP members=2', 'pool cart state=UP members=<*>', 'ok'],
  ['dispatcher state=ACTIVE->FAILED shard=abcd', 'dispatcher state=ACTIVE->FAILED shard=<*>', 'server-error'],
  ['"GET /cart/12 HTTP/1.1" 999 612', '"GET <*>" <*> <*>', 'unknown'],
  ['"GET /cart/12 HTTP/1.1" 000 612', '"GET <*>" <*> <*>', 'unknown'],
  ['order 503 placed', 'order <*> placed', 'unknown'],
  ['took 200 ms, error code=51', 'took <*> ms, error code=<*>', 'unknown'],
])('%s', (text, template, how) => {
  expect([masked(text), outcome(text)]).toEqual([template, how]);
});

test('lists of quoted texts of any length and depth are one variable', () => {
  const template = 'groups [<*>] of ann';
  for (const list of ['["a"]', '["a", "b"]', "[['a', 'b'], ['c']]", '["x y", ["z"], []]']) {
    expect(masked(`groups ${list} of ann`)).toBe(template);
  }
  expect(masked('read [a, "b"] now')).toBe('read [a, "b"] now');
});

test('times are no card numbers', () => {
  for (let time = 1_767_614_400_000; time < 1_767_614_400_000 + 1e7; time += 100_003) {
    for (const text of [time, `${time}000`, `${time}000000`, time * 10])
      expect(secretsMasked(`at ${text} done`)).toBe(`at ${text} done`);
  }
  expect(secretsMasked('card 4111 1111 1111 1111 and 5500005555555559')).toBe('card *** and ***');
});

test('a status behind words of a failure is a number: the words have said it', () => {
  const text = (line: string): string => maskedText(Buffer.from(line));
  expect(text('could not reach the target, status code 503')).toBe('could not reach the target, status code <*>');
  expect(text('upstream answered, status code 503')).toBe('upstream answered, status code 5xx');
  expect(text('"GET /lost HTTP/1.1" 404')).toBe('"GET <*>" 4xx');
  expect(text('GET /errors/denied HTTP/1.1 404')).toMatch(/4xx$/);
});
