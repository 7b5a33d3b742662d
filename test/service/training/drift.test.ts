import { driftStart, type DriftStart } from '../../../service/training/drift.js';
import { answersReason } from '../../../training/reason.js';
import { TrainingLedger } from '../../../training/ledger.js';

const day = 86_400_000;
const monday = Date.UTC(2026, 0, 5);

function ledgerWith(step: number | undefined): TrainingLedger {
  const ledger = new TrainingLedger();
  const about = { epoch: 1, at: 0, why: '' };
  ledger.apply({ ...about, what: 'began', first: monday });
  const set = { artefact: 'a', from: monday, origin: 'own' as const };
  if (step !== undefined) ledger.apply({ ...about, ...set, what: 'promoted', step: monday + step * day });
  return ledger;
}
const looked = (drift: 'live' | 'always' | 'never', step: number | undefined, to: number, now = to): DriftStart =>
  driftStart(
    { detection: { training: { drift } } } as Parameters<typeof driftStart>[0],
    ledgerWith(step),
    monday + to * day,
    monday + now * day,
  );

test('drift is looked for once own models have learnt for nine days, and against what they have learnt', () => {
  expect(looked('live', undefined, 12)).toMatchObject({ why: expect.stringContaining('no own models') as string });
  expect(looked('live', 8, 12)).toEqual({ why: 'the own models have learnt from 8 days, and 9 days are needed' });
  expect(looked('live', 10, 12)).toEqual({ learntTo: monday + 10 * day });
  expect(looked('live', 10, 10)).toEqual({ why: 'nothing came since the models learnt' });
});

test('a backlog is left alone unless it is asked for', () => {
  expect(looked('live', 10, 12, 40)).toMatchObject({ why: expect.stringContaining('28 days behind') as string });
  expect(looked('always', 10, 12, 40)).toEqual({ learntTo: monday + 10 * day });
  expect(looked('never', 10, 12)).toEqual({ why: 'detection.training.drift is never' });
});

test('people who call most of ten alerts or more false are a reason to train; fewer answers, or half of them, are none', () => {
  const answers = (right: number, wrong: number) =>
    Array.from({ length: right + wrong }, (_, i) => ({ isTrue: i < right }));
  expect(answersReason(answers(0, 9))).toBeUndefined();
  expect(answersReason(answers(5, 5))).toBeUndefined();
  expect(answersReason(answers(4, 6))).toBe('people called 6 of 10 alerts false since the models were trained');
});
