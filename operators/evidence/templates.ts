/** The templates of an entity that matter most, each with what is usual of it. */
import { S, slotsOf, T, createTemplateState, withSlot, type TemplateState } from './template-state.js';

/** Templates that are kept. */
export const MOST_TEMPLATES = 64;

/** Place of an id, or of where it would be. */
function placeOf(templates: readonly TemplateState[], id: number): number {
  let low = 0;
  let high = templates.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (templates[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The state of a template, where it is one of those that are followed. */
export function stateOf(templates: readonly TemplateState[], id: number): TemplateState | undefined {
  const state = templates[placeOf(templates, id)];
  return state?.id === id ? state : undefined;
}

/** What a template is worth: often there, or regular. One that was not there for long is worth little. */
function worth({ numbers, last }: TemplateState, minute: number): number {
  const usualGap = Math.max(60, 2 * numbers[T.gap]!);
  const fresh = usualGap / (usualGap + (minute - last));
  return fresh * (numbers[T.presence]! + numbers[T.gaps]! / 24);
}

/** The state of a template, made where it has none; undefined where others matter more. */
export function admitted(templates: TemplateState[], id: number, minute: number): TemplateState | undefined {
  const at = placeOf(templates, id);
  if (templates[at]?.id === id) return templates[at];
  if (templates.length >= MOST_TEMPLATES) {
    let least = 0;
    for (let i = 1; i < templates.length; i++)
      if (worth(templates[i]!, minute) < worth(templates[least]!, minute)) least = i;
    // A newcomer takes the place of what has hardly come for long.
    if (worth(templates[least]!, minute) > 0.2) return undefined;
    templates.splice(least, 1);
  }
  const state = createTemplateState(id, minute);
  templates.splice(placeOf(templates, id), 0, state);
  return state;
}

/** The templates under another catalogue: those that have become one are added up. */
export function renamedTemplates(
  templates: readonly TemplateState[],
  templateOf: (id: number) => number,
): TemplateState[] {
  const byId = new Map<number, TemplateState>();
  for (const state of templates) {
    const id = templateOf(state.id);
    const same = byId.get(id);
    if (same) join(same, state);
    else byId.set(id, { ...state, id });
  }
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

function join(into: TemplateState, from: TemplateState): void {
  const isMain = into.numbers[T.rate]! >= from.numbers[T.rate]!;
  const main = (isMain ? into : from).numbers;
  const slots = slotsOf(isMain ? into : from);
  const [a, b] = [into.numbers, from.numbers];
  const sums = [
    a[T.lines]! + b[T.lines]!,
    a[T.bad]! + b[T.bad]!,
    a[T.refused]! + b[T.refused]!,
    a[T.rate]! + b[T.rate]!,
  ] as const;
  const presence = Math.max(a[T.presence]!, b[T.presence]!);
  into.since = Math.min(into.since, from.since);
  into.last = Math.max(into.last, from.last);
  into.numbers = Float32Array.from(main);
  if (slots > 0) withSlot(into, slots - 1);
  [into.numbers[T.lines], into.numbers[T.bad], into.numbers[T.refused], into.numbers[T.rate]] = sums;
  into.numbers[T.presence] = presence;
  // Numbers of the one that came oftener stand for both; they are learnt about again within a day.
  for (let slot = 0; slot < slots; slot++) into.numbers[T.slots + slot * S.size + S.n]! *= 0.5;
}
