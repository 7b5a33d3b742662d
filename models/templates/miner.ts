/**
 * Mines a catalogue from counts of distinct signatures: column merging to a fixpoint. A *context* is a template with
 * one word left open; the words that stand there are its column. A column becomes a wildcard when
 *
 * - one of its words is a wildcard already: that place was seen to vary;
 * - all of its words are dotted names (hosts, classes, packages), or differ only in digits;
 * - it has enough different words: 4 in a context with at least four other words, 6 in a shorter one, since short
 *   texts share their words by chance.
 *
 * Words that say how something ended (`5xx`, `state=DOWN`) stay as they are.
 *
 * The first word tells most templates apart: it opens only where its words differ in nothing but digits, or where it has
 * 10 different words before at least four others. Where no column opens any more, templates that differ only in units or
 * in the length of a list become one (`forms.ts`), and columns are looked at again.
 */
import { absorbing } from './absorb.js';
import { Catalogue, type TemplateEntry } from './catalogue.js';
import { columnsOf, type TokenColumn, type Draft } from './columns.js';
import { Dictionary } from './dictionary.js';
import { joined, withoutIndex, withoutRepeats, withoutUnits, type Form } from './forms.js';
import { refined } from './refine.js';
import { tellsState } from './state-words.js';
import { templateRules, type TemplateRules } from './rules.js';
import { tokensOf } from './tokens.js';

/** A distinct signature with its lines. */
export interface MinedSignature {
  readonly signature: number;
  readonly masked: string;
  readonly count: number;
}

/** A text with more tokens (a dump, a stack trace in one line) stays as it is. */
const MOST_TOKENS = 256;

/**
 * Mines templates.
 *
 * @param seen distinct signatures with their masked texts; the order does not matter
 * @param previous catalogue whose ids are kept where a template still has that signature
 * @example mine([{ signature: 1, masked: 'user <*> in', count: 3 }]).templateOf(1, undefined).text // 'user <*> in'
 */
export function mine(
  seen: Iterable<MinedSignature>,
  previous?: Catalogue,
  rules: TemplateRules = templateRules,
): Catalogue {
  const dictionary = new Dictionary();
  let drafts = draftsOf(seen, dictionary, rules);
  const varied: Varying[] = [];
  for (;;) {
    const changed =
      openColumns(drafts, dictionary, rules, varied) > 0 ||
      (rules.absorbs && absorbed(drafts, dictionary)) ||
      (rules.quantities && loosened(drafts, dictionary, withoutUnits)) ||
      (rules.lists && loosened(drafts, dictionary, joined)) ||
      (rules.lists && loosened(drafts, dictionary, withoutRepeats)) ||
      (rules.indices && loosened(drafts, dictionary, withoutIndex, true));
    if (!changed) break;
    drafts = united(drafts, dictionary);
  }
  return new Catalogue(drafts.map((draft) => entryOf(draft, dictionary, previous)));
}

/** In order of their texts, so that the order in which they came cannot matter. */
function draftsOf(seen: Iterable<MinedSignature>, dictionary: Dictionary, rules: TemplateRules): Draft[] {
  const byText = new Map<string, number[]>();
  for (const { signature, masked } of seen) {
    const text = refined(masked, rules);
    const signatures = byText.get(text);
    if (signatures) signatures.push(signature);
    else byText.set(text, [signature]);
  }
  const texts = [...byText.keys()].sort();
  return texts.map((text) => {
    const words = Int32Array.from(tokensOf(text), (word) => dictionary.number(word));
    return { words, signatures: byText.get(text)!, open: openPlaces(words, dictionary) };
  });
}

function openPlaces(words: Int32Array, dictionary: Dictionary): number[] {
  if (words.length > MOST_TOKENS) return [];
  const places: number[] = [];
  words.forEach((word, i) => {
    if (word === 0 || dictionary.isWord(word)) places.push(i);
  });
  return places;
}

/**
 * Opens all columns that qualify, the widest first; a template opens at most one place a round.
 *
 * @param varied - columns of names that earlier rounds opened; those of this round are added
 */
function openColumns(
  drafts: readonly Draft[],
  dictionary: Dictionary,
  rules: TemplateRules,
  varied: Varying[],
): number {
  const columns: Varying[] = [];
  for (const { at, members } of columnsOf(drafts)) {
    const varying = valuesOf({ at, members }, dictionary, rules);
    if (varying.words.size > 1) columns.push(varying);
  }
  const names = rules.shared ? sharedNames(columns, varied, dictionary) : undefined;
  const qualified = columns.filter(
    (column) => names?.has(column) === true || qualifies(column, column.words.size, dictionary, rules),
  );
  qualified.sort((a, b) => b.words.size - a.words.size);
  varied.push(
    ...qualified.filter((column) => holdsNames(column, dictionary)).slice(0, Math.max(0, maxVaried - varied.length)),
  );
  let opened = 0;
  const changed = new Set<Draft>();
  for (const column of qualified) {
    if (column.members.some((draft) => changed.has(draft))) continue;
    for (const draft of column.members) {
      changed.add(draft);
      if (draft.words[column.at] === 0) continue;
      draft.words[column.at] = 0;
      opened++;
    }
  }
  return opened;
}

/** A column with its different words. */
interface Varying extends TokenColumn {
  readonly words: ReadonlySet<number>;
}

/** The column without the members whose word is a state, where these are no chance. */
function valuesOf({ at, members }: TokenColumn, dictionary: Dictionary, rules: TemplateRules): Varying {
  const words = new Set(members.map((draft) => draft.words[at]!));
  if (!rules.states) return { at, members, words };
  const states = [...words].filter((word) => dictionary.isState(word));
  if (states.length === 0 || (states.length === 1 && words.size > 3)) return { at, members, words };
  for (const word of states) words.delete(word);
  return { at, members: members.filter((draft) => words.has(draft.words[at]!)), words };
}

/** Words that other contexts have to share, and how many of these there have to be. */
const minSharedWords = 3;
const minSharing = 2;
/** Contexts of a word that are looked at. */
const maxContexts = 64;

/** Opened columns of names that are remembered. */
const maxVaried = 2_000;

/** Columns of names: in brackets or quotes or with marks, and varying in other contexts as well. */
function sharedNames(columns: readonly Varying[], varied: readonly Varying[], dictionary: Dictionary): Set<Varying> {
  const candidates = columns.filter((column) => holdsNames(column, dictionary));
  const named = [...candidates, ...varied];
  const byWord = new Map<number, number[]>();
  named.forEach(({ words }, index) => {
    for (const word of words) {
      const contexts = byWord.get(word);
      if (!contexts) byWord.set(word, [index]);
      else if (contexts.length < maxContexts) contexts.push(index);
    }
  });
  return new Set(
    candidates.filter(({ words }, index) => {
      const together = new Map<number, number>();
      for (const word of words) {
        for (const other of byWord.get(word)!) if (other !== index) together.set(other, (together.get(other) ?? 0) + 1);
      }
      let sharing = 0;
      for (const count of together.values()) if (count >= minSharedWords && ++sharing >= minSharing) return true;
      return false;
    }),
  );
}

const openings = new Set(['[', '(', '<', '{', "'", '"']);

/** Whether what stands at a place of a text stands in brackets or quotes. */
const isEnclosed = (words: Int32Array, at: number, dictionary: Dictionary): boolean =>
  at > 0 && openings.has(dictionary.words[words[at - 1]!]!);

function holdsNames({ at, members, words }: Varying, dictionary: Dictionary): boolean {
  if (isEnclosed(members[0]!.words, at, dictionary)) return true;
  let marked = 0;
  for (const word of words) if (word === 0 || dictionary.isMarked(word)) marked++;
  return 2 * marked >= words.size;
}

/** The place of the first word that is not in brackets or quotes: it tells most templates apart. */
function firstPlace({ words, open }: Draft, dictionary: Dictionary): number {
  let depth = 0;
  let from = 0;
  for (const at of open) {
    for (; from < at; from++) depth += depths.get(dictionary.words[words[from]!]!) ?? 0;
    if (depth <= 0 && !isEnclosed(words, at, dictionary)) return at;
  }
  return -1;
}

const depths = new Map<string, number>([
  ...Array.from('[({<', (opening) => [opening, 1] as const),
  ...Array.from('])}>', (closing) => [closing, -1] as const),
]);

function qualifies(
  { at, members }: TokenColumn,
  different: number,
  dictionary: Dictionary,
  rules: TemplateRules,
): boolean {
  const column = members.map((draft) => draft.words[at]!);
  let others = 0;
  members[0]!.words.forEach((word, i) => (others += i !== at && dictionary.isWord(word) ? 1 : 0));
  const { words } = dictionary;
  const before = members[0]!.words;
  const state = (word: number): boolean =>
    tellsState(words[word]!, words[before[at - 1]!] ?? '', words[before[at - 2]!] ?? '');
  if (column.some(state)) return false;
  const digitless = dictionary.withoutDigits(column[0]!);
  if (rules.names && digitless >= 0 && column.every((word) => dictionary.withoutDigits(word) === digitless))
    return true;
  if (at === firstPlace(members[0]!, dictionary)) {
    const named = column.every((word) => word === 0 || dictionary.isMarked(word));
    if (rules.shared && named && column.includes(0)) return true;
    return others >= rules.long && different >= rules.manyFirst;
  }
  if (column.includes(0)) return true;
  if (rules.dottedNames && column.every((word) => dictionary.isDotted(word))) return true;
  return different >= (others >= rules.long ? rules.many : rules.manyInShort);
}

/**
 * Templates that are unlike, but have the same looser form, take it. Returns whether any text changed.
 *
 * @param seen - only where one of them is in that form already
 */
function loosened(drafts: readonly Draft[], dictionary: Dictionary, form: Form, seen = false): boolean {
  const alike = new Map<string, { tokens: readonly string[]; members: Draft[] }>();
  for (const draft of drafts) {
    if (!draft.words.includes(0) || draft.words.length > MOST_TOKENS) continue;
    const tokens = form(Array.from(draft.words, (word) => dictionary.words[word]!));
    const text = tokens.join('');
    const known = alike.get(text);
    if (known) known.members.push(draft);
    else alike.set(text, { tokens, members: [draft] });
  }
  let changed = false;
  for (const { tokens, members } of alike.values()) {
    if (members.length < 2 || (seen && !members.some(({ words }) => words.length === tokens.length))) continue;
    for (const draft of members) draft.words = Int32Array.from(tokens, (word) => dictionary.number(word));
    changed = true;
  }
  return changed;
}

/** Templates that a wider one covers take its text. Returns whether any did. */
function absorbed(drafts: readonly Draft[], dictionary: Dictionary): boolean {
  const short = drafts.filter(({ words }) => words.length <= MOST_TOKENS);
  const into = absorbing(short.map(({ words }) => Array.from(words, (word) => dictionary.words[word]!)));
  const widened = into.map((index) => (index < 0 ? undefined : Int32Array.from(short[index]!.words)));
  widened.forEach((words, i) => {
    if (words) short[i]!.words = words;
  });
  return widened.some((words) => words !== undefined);
}

/** Drafts whose texts have become equal are one. */
function united(drafts: readonly Draft[], dictionary: Dictionary): Draft[] {
  const byWords = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = draft.words.join(' ');
    const known = byWords.get(key);
    if (known) for (const signature of draft.signatures) known.signatures.push(signature);
    else {
      draft.open = openPlaces(draft.words, dictionary);
      byWords.set(key, draft);
    }
  }
  return [...byWords.values()];
}

function entryOf({ words, signatures }: Draft, dictionary: Dictionary, previous?: Catalogue): TemplateEntry {
  const sorted = [...new Set(signatures)].sort((a, b) => a - b);
  const kept = sorted.find((signature) => previous?.get(signature)?.id === signature);
  return {
    id: kept ?? sorted[0]!,
    text: Array.from(words, (word) => dictionary.words[word]).join(''),
    signatures: sorted,
  };
}
