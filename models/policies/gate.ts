/** The gate believes the mixture from the first verdict on, and takes that back where the default is shown to be better. */
import { bool, float, struct, type Codec } from '../../records/wire/codec.js';
import { GATE_FADE, GATE_SIGMAS } from './defaults.js';
import { faded } from './trust.js';

/** Whether the mixture is believed. */
export interface TrustGate {
  open: boolean;
  /** Faded sum of the mixture's lead over the default, and of its square plus 1. */
  lead: number;
  square: number;
}

/** Before the first verdict. */
export const createGate = (): TrustGate => ({ open: false, lead: 0, square: 1 });

/**
 * One verdict: how firmly the mixture and the default would have fired. From the first on the mixture is believed: it
 * begins with the head start of the default, so that it goes away from it no further than verdicts lead it.
 */
export function teachGate(gate: TrustGate, mixture: number, fallback: number, truth: boolean): void {
  if (isUntaught(gate)) gate.open = true;
  const lead = truth ? mixture - fallback : fallback - mixture;
  gate.lead = Math.fround(GATE_FADE * gate.lead + lead);
  gate.square = Math.fround(GATE_FADE * GATE_FADE * (gate.square - 1) + lead * lead + 1);
}

/** Takes one verdict out again. @param since verdicts that came after it */
export function unteachGate(gate: TrustGate, mixture: number, fallback: number, truth: boolean, since: number): void {
  const left = faded(GATE_FADE, since) * (truth ? mixture - fallback : fallback - mixture);
  gate.lead = Math.fround(gate.lead - left);
  gate.square = Math.fround(Math.max(1, gate.square - left * left));
  if (isUntaught(gate)) Object.assign(gate, createGate());
}

const isUntaught = ({ lead, square }: TrustGate): boolean => Math.abs(lead) < 1e-6 && square - 1 < 1e-6;

/** The weekly decision. */
export function swingGate(gate: TrustGate): void {
  if (gate.lead > 0) gate.open = true;
  else if (gate.lead < -GATE_SIGMAS * Math.sqrt(gate.square)) gate.open = false;
}

/** Canonical bytes of a gate. */
export const gateCodec: Codec<TrustGate> = struct<TrustGate>({ open: bool, lead: float, square: float });
