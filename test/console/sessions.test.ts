/** Sessions of browsers: what the cookie gives, and what it does not. */
import { cookieHeader, sessionMs, Sessions } from '../../console/session/sessions.js';
import { tokenHash, type ApiToken } from '../../connectors/http/tokens.js';

const key = Buffer.alloc(32, 7);
const ann: ApiToken = { name: 'ann', sha256: tokenHash('secret-of-ann'), scopes: ['read', 'verdict'] };
const sessions = new Sessions(key, [ann]);
const now = Date.UTC(2026, 0, 5);
const cookieOf = (token: string): string => cookieHeader(sessions.begin(token, now)!, true);

test('a token is traded for a session with its scopes', () => {
  const opened = sessions.open(`other=1; ${cookieOf('secret-of-ann')}`, now + 1);
  expect(opened?.caller).toEqual({ name: 'ann', scopes: ['read', 'verdict'] });
  expect(sessions.mayChange(opened!, opened!.csrf)).toBe(true);
});

test('a token that nobody has gives none', () => {
  expect(sessions.begin('another', now)).toBeUndefined();
});

test('scripts cannot read the cookie, and other sites do not send it', () => {
  expect(cookieOf('secret-of-ann')).toMatch(/; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200; Secure$/);
});

test.each([
  ['none', undefined],
  ['an empty one', 'tocsin_session='],
  ['one that was changed', cookieOf('secret-of-ann').replace(/=(.)/, (_all, c: string) => `=${c === 'A' ? 'B' : 'A'}`)],
  ['one without signature', cookieOf('secret-of-ann').split('.')[0]],
  ['nonsense', 'tocsin_session=a.b.c'],
])('%s opens nothing', (_what, cookie) => {
  expect(sessions.open(cookie, now)).toBeUndefined();
});

test('it ends after its time, with its token, and with the key', () => {
  const cookie = cookieOf('secret-of-ann');
  expect(sessions.open(cookie, now + sessionMs)).toBeUndefined();
  expect(new Sessions(key, [{ ...ann, sha256: tokenHash('a new one') }]).open(cookie, now)).toBeUndefined();
  expect(new Sessions(Buffer.alloc(32, 8), [ann]).open(cookie, now)).toBeUndefined();
});

test('what changes something needs the word of the session', () => {
  const opened = sessions.open(cookieOf('secret-of-ann'), now)!;
  expect(sessions.mayChange(opened, undefined)).toBe(false);
  expect(sessions.mayChange(opened, '')).toBe(false);
  const other = sessions.open(cookieOf('secret-of-ann'), now)!;
  expect(sessions.mayChange(opened, other.csrf)).toBe(false);
});
