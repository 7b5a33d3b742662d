/** What `npm run test:faults` was asked for, and the words with which a failure can be repeated. */
import { Random } from '../../lab/simulate/random.js';

export type StateKind = 'leveldb' | 'redis';

const { FAULTS_SEED, FAULTS_KILLS, FAULTS_STATE } = process.env;

/** Everything that is drawn in a run follows from it. */
export const seed = Number(FAULTS_SEED ?? 1);
/** Kills for each of `states`. */
export const kills = Number(FAULTS_KILLS ?? 5);
export const states: readonly StateKind[] = FAULTS_STATE ? [FAULTS_STATE as StateKind] : ['leveldb', 'redis'];

/** Runs a test with a chance of its own; a failure says how to have it again. */
export async function seeded(name: string, run: (random: Random) => Promise<void>): Promise<void> {
  try {
    await run(new Random(seed, name));
  } catch (error) {
    const again = `npm run test:faults -- --seed ${seed} --kills ${kills}${FAULTS_STATE ? ` --state ${FAULTS_STATE}` : ''}`;
    (error as Error).message += `\n\nTo have it again: ${again}`;
    throw error;
  }
}
