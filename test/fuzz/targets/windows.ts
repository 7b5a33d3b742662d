/** Records of the `windows` log, control records among them, through the whole of `detect`. */
import { encode } from '../../../records/wire/codec.js';
import { entityFromKey } from '../../../records/entity.js';
import { encodeAlert } from '../../../records/alert.js';
import { encodeDecision } from '../../../records/score.js';
import { decodeWindowsRecord, encodeWindowsRecord, windowsRecord } from '../../../records/windows.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { Pass } from '../../../runtime/pass.js';
import { TaskState } from '../../../runtime/state.js';
import type { WindowsItem } from '../../../operators/merge.js';
import type { Target } from '../target.js';
import { corpusOf, detecting } from './corpus.js';

/** A few mutated records among the valid ones, which a task reads from the beginning. */
export async function windowsTarget(): Promise<Target> {
  const { windows } = await corpusOf();
  const valid = windows.filter(({ type }) => type !== 'promotion').map(encodeWindowsRecord);
  return {
    name: 'windows',
    corpus: windows.map((record) => encode(windowsRecord, record)),
    dictionary: ['logs/0', 'load/0', 'service{service="shop"}'].map((text) => Buffer.from(text)),
    batch: 8,
    async take(inputs, random) {
      const values: Uint8Array[] = [...valid];
      for (const input of inputs) values.splice(random.integer(0, values.length), 0, input);
      const items: WindowsItem[] = [];
      values.forEach((value, offset) => {
        try {
          items.push({ offset, record: decodeWindowsRecord(value) });
        } catch {
          // A channel source rejects it as undecodable.
        }
      });
      const backend = new MemoryBackend();
      const half = random.integer(1, items.length);
      for (const part of [items.slice(0, half), items.slice(half)]) {
        const state = await TaskState.restore(backend, 'detect/0', 1);
        const pass = new Pass(detecting(state));
        const position = { source: 'windows/0', offset: part.at(-1)?.offset ?? 0 };
        try {
          for await (const batch of pass.run({ items: part, rejected: [], position })) {
            for (const item of batch.items) {
              if (item.type === 'decided') {
                encodeDecision(item.decision);
                entityFromKey(item.decision.entity);
              } else if (item.type === 'alert') encodeAlert(item.alert);
            }
          }
          await state.checkpoint(position);
        } catch (error) {
          // A promotion of what is not there: the task pauses until it is.
          if ((error as Error).name !== 'NotReady') throw error;
          return;
        } finally {
          pass.close();
          state.close();
        }
      }
    },
  };
}
