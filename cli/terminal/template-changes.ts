/** What a mining changed, in a line and in full. */
import type { TemplateChanges } from '../../models/templates/changes.js';

/** @example '12 as before, 1 split, 0 merged, 3 added, 0 gone' */
export const changesText = ({ kept, split, merged, added, gone }: TemplateChanges): string =>
  `${kept} as before, ${split.length} split, ${merged.length} merged, ${added.length} added, ${gone.length} gone`;

/** A line for each template that was split or merged. */
export const changesLines = ({ split, merged }: TemplateChanges): string[] => [
  ...split.map(({ from, into }) => `split      ${from.text} -> ${into.map(({ text }) => text).join(' | ')}`),
  ...merged.map(({ from, into }) => `merged     ${from.map(({ text }) => text).join(' | ')} -> ${into.text}`),
];
