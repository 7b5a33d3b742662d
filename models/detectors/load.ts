/** Opens a detector from the bytes of its file, whoever made it. */
import { guard } from '../onnx/guard.js';
import { openBuiltIn, type BuiltIn } from './built-in.js';
import { readCard } from './card.js';
import { checkSchema, type Detector, type ExpectedSchema, type ModelCard } from './detector.js';
import { boostedTrees } from './boosted-trees.js';
import { forEachFamily } from './families.js';
import { inspectForeign, openForeign, type Inspection } from './foreign.js';

/** The card of a file that passes the guard. Throws RefusedModel or MalformedModel. */
export function cardOf(file: Uint8Array): ModelCard {
  return readCard(guard(file)).card;
}

/** Opens a built-in detector by the kind in its card; undefined where the kind is none of ours. */
export async function loadBuiltIn(file: Uint8Array): Promise<BuiltIn | undefined> {
  const { kind } = cardOf(file);
  if (kind === boostedTrees.kind) return openBuiltIn(boostedTrees, file);
  return forEachFamily((family) => (family.kind === kind ? () => openBuiltIn(family, file) : undefined)).find(
    Boolean,
  )?.();
}

/**
 * Opens a detector for features of a schema.
 *
 * @param inspection of a foreign file that was let in before; without one it is tried now, in a child process
 * @throws SchemaMismatch naming both schemas; RefusedModel and MalformedModel for files that are unfit
 */
export async function loadDetector(
  file: Uint8Array,
  expected: ExpectedSchema,
  inspection?: Inspection,
): Promise<Detector> {
  checkSchema(cardOf(file), expected);
  return (await loadBuiltIn(file)) ?? openForeign(file, inspection ?? (await inspectForeign(file)));
}
