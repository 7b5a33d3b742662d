import { Seeded } from '../../../models/detectors/seeded.js';
import { isInCanary } from '../../../records/canary.js';
import { evidenceOf, type EntityCount } from '../../../training/canary/evidence.js';

const entities = Array.from({ length: 10_000 }, (_, i) => `service{service="s${i}"}`);
const artefact = 'a'.repeat(32);
const groupOf = (share: number): Set<string> =>
  new Set(entities.filter((entity) => isInCanary(entity, { artefact, share })));

test.each([1, 50, 250, 900])('a share of %i in 1000 is that of the entities, within three deviations', (share) => {
  const expected = (entities.length * share) / 1000;
  const deviation = Math.sqrt(expected * (1 - share / 1000));
  expect(Math.abs(groupOf(share).size - expected)).toBeLessThan(3 * deviation);
});

test('a share that grows only adds; another set has another group; all are all, and none is none', () => {
  const [few, many] = [groupOf(50), groupOf(250)];
  expect([...few].every((entity) => many.has(entity))).toBe(true);
  const other = entities.filter((entity) => isInCanary(entity, { artefact: 'b'.repeat(32), share: 250 }));
  expect(other.filter((entity) => many.has(entity)).length).toBeLessThan(0.4 * other.length);
  expect([groupOf(0).size, groupOf(1000).size]).toEqual([0, entities.length]);
});

const unanswered = { answered: 0, false: 0 };

/** Looks at a canary of 100 entities each hour for a month; entities are unlike each other. */
function looks(seed: number, louder: number, hours = 720): boolean {
  const random = new Seeded(seed);
  const rates = Array.from({ length: 100 }, () => 0.002 + 0.02 * random.uniform() * random.uniform());
  const counts = rates.map((rate, i) => {
    const count = (windows: number): number =>
      Array.from({ length: windows }).filter(() => random.uniform() < rate).length;
    const before = { windows: 168, episodes: count(168), ...unanswered };
    return { isIn: i % 5 === 0, before, since: { windows: 0, episodes: 0, ...unanswered } };
  });
  for (let hour = 0; hour < hours; hour++) {
    counts.forEach(({ isIn, since }, i) => {
      since.windows++;
      if (random.uniform() < rates[i]! * (isIn ? louder : 1)) since.episodes++;
    });
    if (hour % 6 === 5 && evidenceOf(counts satisfies EntityCount[]).isWorse) return true;
  }
  return false;
}

test('a canary as good as the champion is rarely ended, however often it is looked at; a loud one always', () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);
  expect(seeds.filter((seed) => looks(seed, 1)).length).toBeLessThanOrEqual(3);
  expect(seeds.slice(0, 20).filter((seed) => looks(seed, 4)).length).toBeGreaterThanOrEqual(19);
});

test('without entities on either side nothing is claimed', () => {
  const one = {
    isIn: true,
    before: { windows: 0, episodes: 0, ...unanswered },
    since: { windows: 10, episodes: 10, answered: 10, false: 10 },
  };
  expect(evidenceOf([])).toMatchObject({ logRatio: 0, isWorse: false });
  expect(evidenceOf([one])).toMatchObject({ logRatio: 0, isWorse: false });
});

/** Half of the entities are in it; each answer is false with a chance of .3, times `falser` in the canary. Looked at after each 20. */
function answered(seed: number, falser: number): 'worse' | 'better' | 'neither' {
  const random = new Seeded(seed);
  const counts = Array.from({ length: 40 }, (_, i) => ({
    isIn: i % 2 === 0,
    before: { windows: 500, episodes: 5, answered: 5, false: i % 3 === 0 ? 2 : 1 },
    since: { windows: 500, episodes: 5, answered: 0, false: 0 },
  }));
  for (let answer = 1; answer <= 600; answer++) {
    const { isIn, since } = counts[Math.floor(random.uniform() * counts.length)]!;
    since.answered++;
    if (random.uniform() < 0.3 * (isIn ? falser : 1)) since.false++;
    if (answer % 20 > 0) continue;
    const { isWorse, isBetter } = evidenceOf(counts satisfies EntityCount[]);
    if (isWorse || isBetter) return isWorse ? 'worse' : 'better';
  }
  return 'neither';
}

test('a policy of which more alerts are called false is ended, one of which fewer are is better; equal ones are neither', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  expect(seeds.filter((seed) => answered(seed, 1) !== 'neither').length).toBeLessThanOrEqual(2);
  expect(seeds.filter((seed) => answered(seed, 2) === 'worse').length).toBeGreaterThanOrEqual(36);
  expect(seeds.filter((seed) => answered(seed, 0.3) === 'better').length).toBeGreaterThanOrEqual(36);
});
