/** What a second mining did to the templates of the first: which stayed, which were split or merged. */
import type { Catalogue, Template } from './catalogue.js';

/** What became of the templates. */
export interface TemplateChanges {
  /** Templates that stand for the same signatures as far as both know them; they keep their ids. */
  readonly kept: number;
  /** Of those, the ones whose text is another one now. */
  readonly reworded: readonly { readonly from: Template; readonly to: Template }[];
  readonly split: readonly { readonly from: Template; readonly into: readonly Template[] }[];
  readonly merged: readonly { readonly from: readonly Template[]; readonly into: Template }[];
  /** Of signatures that the first mining did not see. */
  readonly added: readonly Template[];
  /** None of their signatures was seen again. */
  readonly gone: readonly Template[];
}

const plain = ({ id, text }: Template): Template => ({ id, text });
const byId = (a: Template, b: Template): number => a.id - b.id;

/**
 * Compares two catalogues by the signatures that both have. Lists are in order of ids.
 *
 * @example templateChanges(before, mine(more, before)).split.length // 0 where nothing was split
 */
export function templateChanges(previous: Catalogue, next: Catalogue): TemplateChanges {
  const into = new Map<Template, Set<Template>>(previous.templates.map((template) => [template, new Set()]));
  const from = new Map<Template, Set<Template>>();
  for (const template of next.templates) {
    const origins = new Set<Template>();
    for (const signature of template.signatures) {
      const origin = previous.get(signature);
      if (!origin) continue;
      origins.add(origin);
      into.get(origin)!.add(template);
    }
    from.set(template, origins);
  }
  const pairs = [...from].filter(([, origins]) => origins.size === 1).map(([to, [origin]]) => ({ from: origin!, to }));
  const kept = pairs.filter(({ from: origin }) => into.get(origin)!.size === 1);
  return {
    kept: kept.length,
    reworded: kept
      .filter(({ from: before, to }) => before.text !== to.text)
      .map((pair) => ({ from: plain(pair.from), to: plain(pair.to) })),
    split: [...into]
      .filter(([, targets]) => targets.size > 1)
      .map(([template, targets]) => ({ from: plain(template), into: [...targets].map(plain).sort(byId) })),
    merged: [...from]
      .filter(([, origins]) => origins.size > 1)
      .map(([template, origins]) => ({ from: [...origins].map(plain).sort(byId), into: plain(template) })),
    added: [...from].filter(([, origins]) => origins.size === 0).map(([template]) => plain(template)),
    gone: [...into].filter(([, targets]) => targets.size === 0).map(([template]) => plain(template)),
  };
}
