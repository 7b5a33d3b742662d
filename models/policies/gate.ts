/** The gate lets the mixture take over only where verdicts show that it leads, and takes it back when the lead is gone. */
import { bool, float, struct, type Codec } from '../../records/codec.js';
import { GATE_FADE, GATE_SIGMAS } from './defaults.js';
import { faded } from './trust.js';

export interface Gate {
  open: boolean;
  /** Faded sum of the mixture's lead over the default, and of its square plus 1. */
  lead: number;
  square: number;
}

export const createGate = (): Gate => ({ open: false, lead: 0, square: 1 });

/** One verdict: how firmly the mixture and the default would have fired. */
export function teachGate(gate: Gate, mixture: number, fallback: number, truth: boolean): void {
  const lead = truth ? mixture - fallback : fallback - mixture;
  gate.lead = Math.fround(GATE_FADE * gate.lead + lead);
  gate.square = Math.fround(GATE_FADE * GATE_FADE * (gate.square - 1) + lead * lead + 1);
}

/** Takes one verdict out again. @param since verdicts that came after it */
export function unteachGate(gate: Gate, mixture: number, fallback: number, truth: boolean, since: number): void {
  const left = faded(GATE_FADE, since) * (truth ? mixture - fallback : fallback - mixture);
  gate.lead = Math.fround(gate.lead - left);
  gate.square = Math.fround(Math.max(1, gate.square - left * left));
}

/** The weekly decision. */
export function swingGate(gate: Gate): void {
  if (gate.lead > GATE_SIGMAS * Math.sqrt(gate.square)) gate.open = true;
  else if (gate.lead <= 0) gate.open = false;
}

export const gateCodec: Codec<Gate> = struct<Gate>({ open: bool, lead: float, square: float });
