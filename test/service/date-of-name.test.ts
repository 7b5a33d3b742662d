/** The day that the name of a file has, for stamps that have a time of day alone. */
import { dateOfName } from '../../service/options.js';

test.each([
  ['/var/log/app-2026-03-04.log', '2026-03-04'],
  ['2026-03-04-1.log.gz', '2026-03-04'],
  ['app_20260304.log', '2026-03-04'],
  ['app.log.2026-03-04', '2026-03-04'],
  ['u_ex2026.03.04.log', '2026-03-04'],
  ['app-2026-02-30.log', undefined],
  ['app-202603041.log', undefined],
  ['app-2026-13-04.log', undefined],
  ['2026-03-04/app.log', undefined],
  ['-', undefined],
])('%s: %s', (path, date) => {
  expect(dateOfName(path)).toBe(date);
});

test('the date of logrotate is that of the rotation: the lines are older', () => {
  expect(dateOfName('app.log-20260304')).toBeUndefined();
  expect(dateOfName('app.log-20260304.gz')).toBeUndefined();
});
