import { withoutColourOption } from '../../../cli/terminal/no-colour.js';

test('--no-color anywhere before a -- is NO_COLOR, whatever the command', () => {
  const env: NodeJS.ProcessEnv = {};
  expect(withoutColourOption(['node', 'tocsin', 'try', 'app.log'], env)).toEqual(['node', 'tocsin', 'try', 'app.log']);
  expect(withoutColourOption(['node', 'tocsin', 'try', '--', '--no-color'], env)).toEqual([
    ...['node', 'tocsin', 'try', '--', '--no-color'],
  ]);
  expect(env.NO_COLOR).toBeUndefined();
  expect(withoutColourOption(['node', 'tocsin', 'try', '--no-color', 'app.log'], env)).toEqual([
    ...['node', 'tocsin', 'try', 'app.log'],
  ]);
  expect(env.NO_COLOR).toBe('1');
});
