/** What evidence is judged from, and constants that all of it shares. */
import type { PartSum } from '../../records/aggregate.js';
import type { WindowTemplate } from '../template.js';
import { warns } from './failing-words.js';

/** Shares of lines are learnt about over this much event time, ms. */
export const SPAN = 2 * 86_400_000;
/** Nobody expects less of a kind of line than one in two hundred windows. */
export const LEAST_EXPECTED = 0.02;
/** Of several templates one stands out by chance: so much is taken off. */
export const OF_MANY = 1;
/** A place of a template is a number where so many of its lines have one: now and then identifiers have digits alone. */
export const MOSTLY = 0.8;

/** A window as evidence sees it. */
export interface WindowEvidence {
  /** End of the window, ms, and its length in minutes. */
  readonly end: number;
  readonly minutes: number;
  /** Time that it stands for, ms. */
  readonly passed: number;
  readonly lines: number;
  readonly templates: readonly WindowTemplate[];
  /** Routes of requests and replicas. */
  readonly parts: ReadonlyMap<number, PartSum>;
  /** A part of it was not read: what is missing says nothing. */
  readonly cut: boolean;
  /** Lines that were to be expected, and the spread of ln(lines) around that beyond chance. */
  readonly usual: number;
  readonly spread: number;
  /** Columns of the feature row that are aspects as they are. */
  readonly silence: number;
  readonly novelty: number;
  readonly mix: number;
  readonly drift: number;
}

/** What stands out most in an aspect; `template` is an id, or 0. */
export interface AspectFinding {
  readonly template: number;
  readonly actual: number;
  readonly typical: number;
}

/** The normal deviate that is about as surprising as so many nats. */
export const deviate = (nats: number): number => Math.sqrt(2 * nats);

/** Lines that warn: by their level, or by their words where their level says nothing. */
export const warnsOf = ({ text, count, detail }: WindowTemplate): number =>
  warns(text) ? count - (detail?.bad ?? 0) - (detail?.refused ?? 0) : (detail?.warns ?? 0);
