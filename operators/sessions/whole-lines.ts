/** The steps of a session class behind lines that lost their end; each pair of texts is compared once. */
import type { SessionEvents } from '../../records/aggregate.js';
import { maxTemplates } from './class-state.js';
import { trustedPast, type ClassView, type SessionSteps } from './class-view.js';
import { cutRarer, isCutOf, wholesOf, type WholeLine } from './cut-lines.js';

/** What a class knows of a template: its id and, where it is described, its masked text and a sample line. */
export interface StepTemplate {
  readonly id: number;
  readonly text?: string;
  readonly sample?: string;
}

/** Results of comparing texts. */
interface KnownCuts {
  /** Of each view: what its lighter templates, and those that it does not know, are the beginning of. */
  readonly wholes: WeakMap<ClassView, Map<number, readonly number[]>>;
  /** Of a template: others that do not begin as it does, whatever they weigh. Texts last as long as an artefact set. */
  readonly unlike: Map<number, Set<number>>;
  /** Of the lines of a class, and of a template: those that are left without the unlike ones, ascending. */
  readonly left: WeakMap<ReadonlySet<number>, Map<number, readonly number[]>>;
}

const noCuts = (): KnownCuts => ({ wholes: new WeakMap(), unlike: new Map(), left: new WeakMap() });
const none: readonly number[] = [];

function unlikeOf(known: KnownCuts['unlike'], id: number): Set<number> {
  let unlike = known.get(id);
  if (!unlike) {
    if (known.size >= maxTemplates) known.clear();
    known.set(id, (unlike = new Set()));
  }
  return unlike;
}

/** Signatures that are remembered as no line of a class. */
const maxForeign = 4096;

/** Finds the whole lines of a class that cut lines are the beginning of. */
export class WholeLines {
  /** Of lines that may have been cut, and of those that were in any case. */
  private readonly cuts = noCuts();
  private readonly lostCuts = noCuts();
  /** Of the lines of each class: signatures that are none of them, nor the beginning of one, by their texts. */
  private readonly foreign = new WeakMap<ReadonlySet<number>, Set<number>>();

  /** @param templateOf - template of a signature, or of a template of an earlier catalogue */
  constructor(private readonly templateOf: (signature: number) => StepTemplate) {}

  /** Forgets the texts: another artefact set is in force. */
  clear(): void {
    this.cuts.unlike.clear();
    this.lostCuts.unlike.clear();
  }

  /** Template ids of a session as they were written, and when each came first, ms; a cut line counts as the whole one. */
  firstLines(view: ClassView, events: SessionEvents): SessionSteps {
    const times = new Map<number, number>();
    const possible = new Set<number>();
    for (const [signature, { first }] of events) {
      const { id: written } = this.templateOf(signature);
      const wholes = this.of(view, written);
      if (wholes.length > 1) for (const whole of wholes) possible.add(view.wordings.get(whole) ?? whole);
      // A cut line that is the only one of its session counts as it is.
      if (wholes.length > 1 && events.size > 1) continue;
      const id = wholes.length === 1 ? wholes[0]! : written;
      times.set(id, Math.min(first, times.get(id) ?? first));
    }
    return { times, possible };
  }

  /**
   * The templates that a template is the beginning of; none for what is a line of its own.
   *
   * @param lost - its end is missing in any case
   */
  of(view: ClassView, id: number, lost = false): readonly number[] {
    const { weights, maxWeight, wordings } = view;
    const weight = weights.get(id) ?? 0;
    // A class that still gets to know itself cannot tell what is rare.
    if (view.past < trustedPast || wordings.has(id) || weight * cutRarer > maxWeight) return none;
    const known = lost ? this.lostCuts : this.cuts;
    let cuts = known.wholes.get(view);
    const found = cuts?.get(id);
    if (found) return found;
    const { text = '', sample = text } = this.templateOf(id);
    // A template without a description may get one later.
    if (text === '' || sample === '') return none;
    const lines = this.wholeLines(view, id, known, (whole) => isCutOf(text, whole, lost));
    const wholes = wholesOf(text, weight, lines, lost).map((line) => line.id);
    if (!cuts) known.wholes.set(view, (cuts = new Map<number, readonly number[]>()));
    if (cuts.size < maxTemplates) cuts.set(id, wholes);
    return wholes;
  }

  /**
   * The steps of a class that a line may be whose end is missing in any case.
   *
   * @param whole - it may also be the line that it is as it stands
   */
  lostSteps(view: ClassView, signature: number, whole: boolean): readonly number[] {
    const { lines, weights, wordings } = view;
    let foreign = this.foreign.get(lines);
    if (foreign?.has(signature)) return none;
    const { id } = this.templateOf(signature);
    const wholes = this.of(view, id, true);
    if (wholes.length > 0) return wholes.map((one) => wordings.get(one) ?? one);
    if (this.isForeign(view, id)) {
      if (!foreign) this.foreign.set(lines, (foreign = new Set()));
      if (foreign.size < maxForeign) foreign.add(signature);
    }
    return whole && weights.has(id) ? [id] : none;
  }

  /** Whether a template is no line of a class and begins as none does, whatever they weigh. */
  private isForeign({ lines }: ClassView, id: number): boolean {
    const unlike = this.lostCuts.unlike.get(id);
    if (unlike === undefined || lines.has(id)) return false;
    for (const line of lines) if (!unlike.has(line)) return false;
    return true;
  }

  /** The lines of a class without those that are unlike a template: what does not begin so is one of them. */
  private *wholeLines(
    { weights, wordings, lines }: ClassView,
    of: number,
    known: KnownCuts,
    beginsSo: (text: string) => boolean,
  ): Generator<WholeLine> {
    const unlike = unlikeOf(known.unlike, of);
    const isUnlike = (id: number): boolean => {
      if (unlike.has(id)) return true;
      const { text = '', sample = '' } = this.templateOf(id);
      // A template without a description may get one later.
      if (sample === '' || beginsSo(text)) return false;
      unlike.add(id);
      return true;
    };
    let leftOf = known.left.get(lines);
    if (!leftOf) known.left.set(lines, (leftOf = new Map<number, readonly number[]>()));
    const left: number[] = [];
    for (const id of leftOf.get(of) ?? [...lines].sort((a, b) => a - b)) {
      const weight = weights.get(id);
      if (weight !== undefined && !wordings.has(id)) {
        if (isUnlike(id)) continue;
        yield { id, text: this.textOf(id), weight };
      }
      left.push(id);
    }
    if (leftOf.size < maxTemplates || leftOf.has(of)) leftOf.set(of, left);
    for (const [id, step] of wordings)
      if (!isUnlike(id)) yield { id, text: this.textOf(id), weight: weights.get(step) ?? 0 };
  }

  private textOf(id: number): string {
    return this.templateOf(id).text ?? '';
  }
}
