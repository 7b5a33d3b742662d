/** What a page shows of a text that hides or turns itself. */
import { showControls } from '../../console/page/shown.js';

test('each text of an element has its controls shown; the value of an input is left', () => {
  const turned = 'a\u202eb\u200b\u009b';
  const escaped = 'a\\u202eb\\u200b\\u009b';
  const props = { title: turned, value: turned, children: [turned, [turned], 3, null] };
  showControls(props);
  expect(props).toEqual({ title: escaped, value: turned, children: [escaped, [escaped], 3, null] });
});
