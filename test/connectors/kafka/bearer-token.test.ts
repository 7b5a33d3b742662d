import { cachedToken, commandToken, endOfToken, type BearerToken } from '../../../connectors/kafka/bearer-token.js';

const jwt = (exp: number): string => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.`;

test('the end of a JSON web token is its own; of any other nothing is known', () => {
  expect(endOfToken(jwt(1_767_614_400))).toBe(1_767_614_400_000);
  for (const text of ['', 'abc', 'a.b.c', `a.${Buffer.from('7').toString('base64url')}.c`])
    expect(endOfToken(text)).toBeUndefined();
});

test('a token is kept until 30 s, or a third of its life, before its end', async () => {
  let at = 0;
  let n = 0;
  let lifeMs = 300_000;
  const source = (): Promise<BearerToken> => Promise.resolve({ value: `t${++n}`, endsAt: at + lifeMs });
  const token = cachedToken(source, () => at);
  const all = async (): Promise<string> => (await token()).value;
  expect(await Promise.all([all(), all()])).toEqual(['t1', 't1']);
  at = 269_999;
  expect(await all()).toBe('t1');
  lifeMs = 6000;
  at = 270_000;
  expect(await all()).toBe('t2');
  at += 3999;
  expect(await all()).toBe('t2');
  at += 1;
  expect(await all()).toBe('t3');
});

test('a token that has ended, and a failure to get one, are errors, and the next try asks again', async () => {
  const answers: (() => Promise<BearerToken>)[] = [
    () => Promise.resolve({ value: jwt(1) }),
    () => Promise.reject(new Error('down')),
    () => Promise.resolve({ value: 'good', endsAt: Date.now() + 60_000 }),
  ];
  const token = cachedToken(() => answers.shift()!());
  await expect(token()).rejects.toThrow('has ended already, at 1970-01-01T00:00:01.000Z');
  await expect(token()).rejects.toThrow('down');
  expect((await token()).value).toBe('good');
});

test('a command prints the token, or JSON with it', async () => {
  expect(await commandToken(['echo', ' abc.def '])()).toEqual({ value: 'abc.def' });
  const { value, endsAt } = await commandToken(['echo', '{"access_token":"x","expires_in":60}'])();
  expect([value, Math.round((endsAt! - Date.now()) / 10_000)]).toEqual(['x', 6]);
  await expect(commandToken(['echo', 'two words'])()).rejects.toThrow('the token command echo gave no token');
  await expect(commandToken(['no-such-program-here'])()).rejects.toThrow(
    'the token command no-such-program-here failed',
  );
});
