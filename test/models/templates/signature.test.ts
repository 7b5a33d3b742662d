import fc from 'fast-check';
import { maskedText, secretsMasked } from '../../../models/templates/mask.js';
import { noNumber, SignatureScan } from '../../../models/templates/signature.js';
import { validUtf8 } from '../../../models/templates/mask.js';

const scan = (text: string | Uint8Array) => {
  const found = new SignatureScan();
  const bytes = typeof text === 'string' ? Buffer.from(text) : validUtf8(text, 0, text.length);
  found.scan(bytes, 0, bytes.length);
  return found;
};
const masked = (text: string) => maskedText(Buffer.from(text));

test.each([
  ['Received block blk_-160 of size 67108864 from /10.250.19.102', 'Received block <*> of size <*> from <*>'],
  ['src: /10.250.18.114:43996 dest: /10.1.1.1:50010', 'src: <*> dest: <*>'],
  ['part-00081. done.', 'part-<*>. done.'],
  ['CPU#0 tty2 enable....0 Session@1f0c #3', 'CPU#<*> tty2 enable....<*> Session@<*> #<*>'],
  ['r24=1 Mac80::up 10.0.0.1:80', 'r24=<*> Mac80::up <*>'],
  ['hdfs://host/x and C:\\x of src/main.c', '<*> and <*> of <*>'],
  ['a=[x] b=Rect(0, 1) c=Work{7}, d=<q>', 'a=[<*>] b=Rect(<*>, <*>) c=<*>, d=<<*>>'],
  ['"GET /x HTTP/1.1" 200', '"GET <*>" 2xx'],
  [`task 'sync' of "my job"`, `task 'sync' of "<*>"`],
  ['login uid=0 ruser= tty=ssh rhost=10.0.0.1, ok', 'login uid=<*> ruser= tty=<*> rhost=<*>, ok'],
  ["open \"my file\" failed: can't read 'x y'", "open \"<*>\" failed: can't read '<*>'"],
  ['{"level":"info","took":12}', '{"level":"<*>","took":<*>}'],
  ['took 12 ms, used 3.5 GB of 5 servers', 'took <*> ms, used <*> GB of <*> servers'],
  ['ids [1,2,3] and (4,5)', 'ids [<*>] and (<*>)'],
  ['at aa:bb:cc:dd:ee:ff via fe80::be and 12:34:56', 'at <*> via <*> and <*>'],
  ['mail to ann@example.org about /var/log/syslog or and/or', 'mail to <*> about <*> or and/or'],
  ['key deadbeefcafe face', 'key <*> face'],
  ['job-bdbfaafa ended, a hand-cut one', '<*> ended, a hand-cut one'],
  ['Über 3 Straßen', 'Über <*> Straßen'],
])('masks %s by shape', (line, expected) => {
  expect(masked(line)).toBe(expected);
});

test.each([
  ['took 12 ms', 12],
  ['took 12.5ms', 12.5],
  ['done in 0.3s', 300],
  ['duration=7ms', 7],
  ['elapsed_ms=12 ok', 12],
  ['waited 2 seconds', 2000],
  ['250µs', 0.25],
  ['1500 us', 1.5],
  ['5 servers', NaN],
  ['10.0.0.1', NaN],
])('finds the duration in %s', (line, ms) => {
  expect(scan(line).value).toBe(ms);
});

test('numbers are kept by their place: an identifier of digits alone takes no other one', () => {
  const numbersOf = (text: string): number[] => {
    const { numbers, numberCount } = scan(text);
    return numbers.slice(0, numberCount);
  };
  const [word, tenant] = numbersOf('token f3a9c1e refreshed for tenant 22');
  const [digits, same] = numbersOf('token 8343304 refreshed for tenant 22');
  expect(word).toBe(noNumber);
  expect(digits).toBeGreaterThan(0);
  expect(same).toBe(tenant);
});

test.each([
  ['"GET /cart/4711?x=1 HTTP/1.1" 200 12', '"GET /cart/99 HTTP/2.0" 502 7', true],
  ['"GET /cart/4711 HTTP/1.1" 200 12', '"GET /basket/4711 HTTP/1.1" 200 12', false],
  ['GET /v1/orders/8 finished', 'GET /v1/orders/9 finished', true],
  ['GET https://shop.example/v1/orders/8 finished', 'GET https://eu.example/v1/orders/9 finished', true],
])('the route of %s and that of %s', (a, b, same) => {
  const first = scan(a).route;
  expect(first).toBeGreaterThan(0);
  expect(scan(b).route === first).toBe(same);
});

const piece = fc.oneof(
  fc.constantFrom(
    ...'" \' = : , ; . .. ( ) [ ] { } < > <*> / \\ @ - _ % ms s KB key= a="b c" ::'.split(' '),
    ' ',
    '\t',
  ),
  fc.constantFrom('blk_1', 'word', 'fe80::1', 'aa:bb:cc:dd:ee:ff', 'é', '12', '0.5', 'deadbeef', '/a/b', 'x@y'),
  fc.string({ maxLength: 4, unit: 'binary' }),
);
const line = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

test('signatures are equal exactly where masked texts are', () => {
  let equal = 0;
  let unlike = 0;
  fc.assert(
    fc.property(line, line, fc.nat(), (first, second, digits) => {
      // A sibling that differs in its numbers is often, not always, masked alike.
      for (const other of [second, first.replaceAll(/\d+/g, String(digits))]) {
        const same = masked(first) === masked(other);
        if (same) equal++;
        else unlike++;
        expect(scan(first).signature === scan(other).signature).toBe(same);
      }
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(equal, unlike)).toBeGreaterThan(500);
});

test('arbitrary bytes: masked text is valid, its signature is that of the replaced bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (a, b) => {
      const text = maskedText(a);
      expect(Buffer.from(text).toString()).toBe(text);
      expect(scan(a).signature === scan(b).signature).toBe(text === maskedText(b));
      expect(scan(a).signature).toBeGreaterThan(0);
      expect(Number.isSafeInteger(scan(a).signature)).toBe(true);
    }),
  );
});

test('the variable hash tells variable parts apart and is 0 without any', () => {
  expect(scan('user 1 in 2').variable).not.toBe(scan('user 2 in 1').variable);
  expect(scan('user 1 in 2').variable).toBe(scan('user 1 in 2').variable);
  expect(scan('nothing here').variable).toBe(0);
});

test('spans ascend, do not touch and stay inside', () => {
  fc.assert(
    fc.property(line, (text) => {
      const { spans, spanCount } = scan(text);
      let last = -1;
      for (let i = 0; i < spanCount; i++) {
        expect(spans[2 * i]).toBeGreaterThan(last - (i === 0 ? 0 : 1));
        expect(spans[2 * i + 1]).toBeGreaterThanOrEqual(spans[2 * i]!);
        last = spans[2 * i + 1]!;
      }
      expect(last).toBeLessThanOrEqual(Buffer.byteLength(text));
    }),
  );
});

test.each([' \'a"b', 'a=(b', 'a={(', ' x://'])('a line of 200,000 times %s takes linear time', (piece) => {
  const bytes = Buffer.from(piece.repeat(200_000));
  // With quadratic work this would not end before the test is cut off.
  expect(() => {
    new SignatureScan().scan(bytes, 0, bytes.length);
  }).not.toThrow();
});

test.each([
  ['login password=hunter2 ok', 'login password=*** ok'],
  ['{"api_key":"abc def","n":1}', '{"api_key":***,"n":1}'],
  ['Authorization: Bearer abcdefgh.ijk', 'Authorization: ***'],
  ['got bearer abcdefghijkl', 'got bearer ***'],
  ['db postgres://u:p@host/x', 'db postgres://***@host/x'],
  ['AKIAIOSFODNN7EXAMPLE here', '*** here'],
  ['mail ann.b+c@example.org!', 'mail ***!'],
  ['card 4111 1111 1111 1111 paid', 'card *** paid'],
  ['number 4111 1111 1111 1112 paid', 'number 4111 1111 1111 1112 paid'],
  ['block blk_4111111111111111', 'block blk_4111111111111111'],
  ['password: <*> kept', 'password: <*> kept'],
  ['pwd=x', 'pwd=***'],
  ['Cookie: a', 'Cookie: ***'],
  ['credentials=x', 'credentials=***'],
  ['session_id=x', 'session_id=***'],
  ['Basic dXNlcjpwYXNz', 'Basic ***'],
  ['passphrase=x', 'passphrase=***'],
  ['client_secret=x', 'client_secret=***'],
  ['access-key=x', 'access-key=***'],
  ['a ghp_abcdefghijklmnop1 b', 'a *** b'],
  ['a glpat-abcdefghijklmnop b', 'a *** b'],
  ['a xoxb-abcdefghijklmnop b', 'a *** b'],
  ['a sk_live_abcdefghijklmnop b', 'a *** b'],
  ['a rk-abcdefghijklmnopq b', 'a *** b'],
  ['a AIzaabcdefghijklmnop b', 'a *** b'],
  ['a npm_abcdefghijklmnop b', 'a *** b'],
  ['a whsec_abcdefghijklmnop b', 'a *** b'],
  ['a github_pat_abcdefghijklmnop b', 'a *** b'],
  ['a eyJabcdefghi.abcdefghi.x b', 'a *** b'],
  ['a ASIAIOSFODNN7EXAMPLE b', 'a *** b'],
  ['ssn 123-45-6789 b', 'ssn *** b'],
  ['k -----BEGIN RSA PRIVATE KEY----- abc', 'k ***'],
])('hides secrets in %s', (text, expected) => {
  expect(secretsMasked(text)).toBe(expected);
});
