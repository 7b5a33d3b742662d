import { WorkProgress } from '../../runtime/work-progress.js';
import { progressText } from '../../cli/terminal/progress-line.js';

test('it is as far as what is done of all that is to do', () => {
  const progress = new WorkProgress('records');
  progress.step(5);
  expect(progress.share).toBeUndefined();
  progress.expect(15);
  progress.expect(5);
  expect(progress.share).toBe(0.25);
  progress.step(100);
  expect(progress.share).toBe(1);
});

test('it is shown with rate and time left, and without a time where the end is not known', () => {
  expect(progressText({ share: 0.25, count: 5000, noun: 'records', seconds: 10 })).toBe(
    ' 25 %  5,000 records  500 a second  30 s left',
  );
  expect(progressText({ share: undefined, count: 5000, noun: 'records', seconds: 10 })).toBe(
    '5,000 records  500 a second',
  );
});
