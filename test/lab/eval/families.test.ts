import { renderedLogs } from '../../../lab/eval/families/render.js';
import { minedLines } from '../../../lab/eval/loghub.js';
import { templateAccuracy } from '../../../lab/eval/template-accuracy.js';

test('statements of log families that no benchmark has are one template each', () => {
  const scores = renderedLogs(2).map(({ messages, truth }) => templateAccuracy(minedLines(messages), truth));
  const mean = (measure: 'ga' | 'fga'): number => scores.reduce((sum, each) => sum + each[measure], 0) / scores.length;
  expect(scores.length).toBeGreaterThanOrEqual(28);
  expect(mean('ga')).toBeGreaterThan(0.94);
  expect(mean('fga')).toBeGreaterThan(0.8);
});

test('the same seed renders the same lines', () => {
  expect(renderedLogs(3)).toEqual(renderedLogs(3));
});
