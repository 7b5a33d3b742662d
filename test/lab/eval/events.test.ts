/** The scorer of the kpi protocol on cases small enough to count by hand. */
import { alertsOf, averagePrecision, countEvents, eventRates, segmentsOf } from '../../../lab/eval/events.js';

const minute = 60_000;
const times = (n: number, step = minute) => Array.from({ length: n }, (_, i) => i * step);
const at = (n: number, ...places: number[]) => Array.from({ length: n }, (_, i) => places.includes(i));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('alerts', () => {
  it('join firing points at most ten minutes apart', () => {
    expect(alertsOf({ times: times(40), fired: at(40, 3, 13, 24) })).toEqual([
      { from: 3 * minute, to: 13 * minute },
      { from: 24 * minute, to: 24 * minute },
    ]);
  });

  it('are cut after an hour, so that a detector that always fires raises one an hour', () => {
    expect(alertsOf({ times: times(180), fired: at(180, ...range(0, 179)) })).toEqual([
      { from: 0, to: 59 * minute },
      { from: 60 * minute, to: 119 * minute },
      { from: 120 * minute, to: 179 * minute },
    ]);
  });
});

it('takes runs of labelled points as segments', () => {
  expect(segmentsOf(at(10, 0, 1, 4, 9))).toEqual([
    { first: 0, last: 1 },
    { first: 4, last: 4 },
    { first: 9, last: 9 },
  ]);
});

describe('events', () => {
  const count = (labels: number[], fired: number[], step = minute) =>
    countEvents({ times: times(120, step), labels: at(120, ...labels), fired: at(120, ...fired) });

  it('are found by a point up to seven steps after the start', () => {
    expect(count(range(20, 40), [27])).toEqual({ segments: 1, found: 1, alerts: 1, falseAlerts: 0 });
  });

  it('are not found later, but the late alert is not false', () => {
    expect(count(range(20, 40), [28])).toEqual({ segments: 1, found: 0, alerts: 1, falseAlerts: 0 });
  });

  it('count the delay in steps, not minutes', () => {
    expect(count(range(20, 40), [27], 5 * minute).found).toBe(1);
    expect(count(range(20, 40), [28], 5 * minute).found).toBe(0);
  });

  it('are found by an alert that covers them between two firing points', () => {
    expect(count([22], [18, 26])).toEqual({ segments: 1, found: 1, alerts: 1, falseAlerts: 0 });
  });

  it('are not found by an alert that ends before they start: it is false', () => {
    expect(count([22], [20])).toEqual({ segments: 1, found: 0, alerts: 1, falseAlerts: 1 });
  });

  it('may share one alert', () => {
    expect(count([20, 21, 25], [20, 25])).toEqual({ segments: 2, found: 2, alerts: 1, falseAlerts: 0 });
  });

  it('give a detector that always fires one true alert in two hours', () => {
    const counts = count([70], range(0, 119));
    expect(counts).toEqual({ segments: 1, found: 1, alerts: 2, falseAlerts: 1 });
    expect(eventRates([counts])).toEqual({ precision: 0.5, recall: 1, f1: 2 / 3 });
  });

  it('are pooled over series by their counts', () => {
    const { precision, recall, f1 } = eventRates([
      { segments: 2, found: 1, alerts: 1, falseAlerts: 0 },
      { segments: 2, found: 2, alerts: 3, falseAlerts: 1 },
    ]);
    expect([precision, recall, f1]).toEqual([0.75, 0.75, 0.75]);
  });

  it('are none where nothing is labelled and nothing fires', () => {
    expect(eventRates([count([], [])])).toEqual({ precision: 0, recall: 0, f1: 0 });
  });
});

describe('average precision', () => {
  it('weighs precision at each hit', () => {
    // Hits at ranks 1 and 3: (1 + 2/3) / 2.
    expect(averagePrecision([9, 8, 7, 1], [true, false, true, false])).toBeCloseTo(5 / 6, 12);
  });

  it('takes equal scores together, in whatever order they stand', () => {
    expect(averagePrecision([5, 5, 5, 5], [true, false, false, false])).toBe(0.25);
    expect(averagePrecision([5, 5, 5, 5], [false, false, false, true])).toBe(0.25);
  });

  it('is 0 where nothing is labelled', () => {
    expect(averagePrecision([1, 2], [false, false])).toBe(0);
  });
});
