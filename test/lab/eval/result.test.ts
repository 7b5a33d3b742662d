import { tableOf, type EvalResult } from '../../../lab/eval/result.js';

const result: EvalResult = {
  benchmark: 'kpi',
  overall: { precision: 0.8391, lowFP: 0.7101, falseAlertsAWeek: 0.5771 },
  parts: {
    one: { precision: 1, lowFP: 0.5 },
    'a series with a long name': { precision: 0.25, lowFP: 0, falseAlertsAWeek: 12 },
  },
  counts: { series: 2 },
  published: [{ name: 'a study', source: 'its source', figures: { lowFP: 0.6 } }],
  seconds: 1.25,
  linesPerSecond: 1000.4,
};

const end = ['series: 2', '1.3 s, 1000 lines a second'];

test('a table has its figures below each other, under headings of as many lines as they need', () => {
  expect(tableOf(result).split('\n')).toEqual([
    '                                              false',
    '                                             alerts',
    'kpi                       precision  low FP  a week',
    'overall                       0.839   0.710   0.577',
    'one                           1.000   0.500',
    'a series with a long name     0.250   0.000  12.000',
    '',
    'published',
    'a study                               0.600          its source',
    '',
    ...end,
  ]);
});

test('on a narrow terminal a name that does not fit stands above its figures', () => {
  expect(tableOf(result, 32).split('\n')).toEqual([
    '                           false',
    '                          alerts',
    'kpi    precision  low FP  a week',
    'overall',
    '           0.839   0.710   0.577',
    'one        1.000   0.500',
    'a series with a long name',
    '           0.250   0.000  12.000',
    '',
    'published',
    'a study',
    '                   0.600',
    '  its source',
    '',
    ...end,
  ]);
});
