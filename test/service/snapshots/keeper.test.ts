import type { Control } from '../../../records/control.js';
import { snapshotIn } from '../../../records/snapshot.js';
import { SnapshotKeeper } from '../../../service/snapshots/keeper.js';
import { SnapshotStore } from '../../../service/snapshots/store.js';
import { TrainingLedger } from '../../../training/ledger.js';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 5);

/** Names of the snapshots that are asked for while it is decided up to each of these, where the log began there. */
async function asked(decided: readonly number[], first?: number): Promise<string[]> {
  const ledger = new TrainingLedger();
  ledger.first = first;
  const ids: string[] = [];
  const keeper = new SnapshotKeeper({
    ledger,
    shards: 1,
    options: { every: day, keep: 10 },
    store: new SnapshotStore('nowhere'),
    broadcast: async () => undefined,
    say: async (control: Control) => {
      const snapshot = snapshotIn(control);
      if (!snapshot) return;
      ledger.snapshots.set(snapshot.id, snapshot);
      ids.push(snapshot.id);
    },
  });
  for (const one of decided) await keeper.look(one);
  return ids;
}

test('a snapshot is asked for on each day of event time', async () => {
  const looks = [0.1, 0.9, 1.2, 1.8, 3.1].map((days) => start + days * day);
  expect(await asked(looks, start)).toEqual(['at-2026-01-06', 'at-2026-01-08']);
});

test('so it is where people train by hand, and no training has recorded where the log begins', async () => {
  const looks = [0.1, 0.9, 1.2, 1.8, 3.1].map((days) => start + days * day);
  expect(await asked(looks)).toEqual(['at-2026-01-06', 'at-2026-01-08']);
});
