/**
 * The catalogue maps signatures to templates. An artefact: mined in a warm-up, promoted like a model. What it does not
 * know is matched against its templates with wildcards; what matches nothing is a template of its own.
 */
import { decode, encode, list, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import { joined, withoutRepeats, withoutUnits } from './forms.js';
import { refined } from './refine.js';
import { isStateWord } from './states.js';
import { tokensOf, WILDCARD } from './tokens.js';

/** A template of a catalogue. */
export interface Template {
  /** A signature of the template, so an id of any mining can be looked up in any other catalogue. */
  readonly id: number;
  /** The message with variable parts as `<*>`. */
  readonly text: string;
}

/** A template and the signatures that it stands for, ascending; `id` is one of them. */
export interface TemplateEntry extends Template {
  readonly signatures: readonly number[];
}

interface TemplateShape {
  readonly template: TemplateEntry;
  readonly tokens: readonly string[];
  readonly wildcards: number;
}

const entryCodec: Codec<TemplateEntry> = struct<TemplateEntry>({ id: uint, text, signatures: list(uint) });
const catalogueCodec = struct<{ readonly version: number; readonly templates: readonly TemplateEntry[] }>({
  version: uint,
  templates: list(entryCodec),
});
const VERSION = 1;

/** Looks up templates. Immutable. */
export class Catalogue {
  private readonly bySignature = new Map<number, TemplateEntry>();
  /** By number of tokens and first token; only templates with a wildcard can match an unknown text. */
  private readonly shapes = new Map<string, TemplateShape[]>();

  /** @param templates in any order; they are kept by id */
  constructor(readonly templates: readonly TemplateEntry[]) {
    this.templates = [...templates].sort((a, b) => a.id - b.id);
    for (const template of this.templates) {
      for (const signature of template.signatures) this.bySignature.set(signature, template);
      const tokens = tokensOf(template.text);
      const wildcards = tokens.filter((token) => token === WILDCARD).length;
      if (wildcards === 0) continue;
      const at = place(tokens.length, tokens[0]);
      const shapes = this.shapes.get(at);
      if (shapes) shapes.push({ template, tokens, wildcards });
      else this.shapes.set(at, [{ template, tokens, wildcards }]);
    }
  }

  get size(): number {
    return this.templates.length;
  }

  /** The template of a signature that was mined. */
  get(signature: number): Template | undefined {
    return this.bySignature.get(signature);
  }

  /** The narrowest template that covers a masked text, else one that covers a looser form of it. */
  match(masked: string): Template | undefined {
    const tokens = tokensOf(refined(masked));
    const unitless = withoutUnits(tokens);
    return (
      this.covering(tokens) ??
      this.covering(unitless) ??
      this.covering(joined(unitless)) ??
      this.covering(withoutRepeats(joined(unitless)))
    );
  }

  /** Of those that cover the tokens that with the fewest wildcards, then the lowest id. */
  private covering(tokens: readonly string[]): Template | undefined {
    let best: TemplateShape | undefined;
    for (const first of tokens[0] === WILDCARD ? [WILDCARD] : [tokens[0], WILDCARD]) {
      for (const shape of this.shapes.get(place(tokens.length, first)) ?? []) {
        if ((!best || shape.wildcards < best.wildcards) && covers(shape.tokens, tokens)) best = shape;
      }
    }
    return best?.template;
  }

  /**
   * The template of any signature.
   *
   * @param masked its masked text, where one is known
   * @returns the template of the catalogue, or one of its own with `known` false
   */
  templateOf(signature: number, masked: string | undefined): Template & { readonly known: boolean } {
    const found = this.get(signature) ?? (masked === undefined ? undefined : this.match(masked));
    return found
      ? { id: found.id, text: found.text, known: true }
      : { id: signature, text: masked ?? '', known: false };
  }

  encode(): Buffer {
    return encode(catalogueCodec, { version: VERSION, templates: this.templates });
  }

  /** @throws RangeError on broken bytes or those of a later version */
  static decode(input: Uint8Array): Catalogue {
    const { version, templates } = decode(catalogueCodec, input);
    if (version !== VERSION) {
      throw new RangeError(`catalogue of version ${version}, this release reads ${VERSION}: mine it again`);
    }
    return new Catalogue(templates);
  }
}

/** Knows nothing: every signature is a template of its own. */
export const emptyCatalogue = new Catalogue([]);

const place = (length: number, first: string | undefined): string => `${length} ${first ?? ''}`;

function covers(template: readonly string[], tokens: readonly string[]): boolean {
  for (let i = 0; i < tokens.length; i++) {
    // A wildcard stands for a word, never for what separates words, nor for a state that was not seen in its place.
    if (template[i] === tokens[i]) continue;
    if (template[i] !== WILDCARD || !isOpen(tokens[i]!) || isStateWord(tokens[i]!)) return false;
  }
  return true;
}

const isOpen = (token: string): boolean => token.length !== 1 || /[\p{L}\p{N}_\-/$%+*~^?&#!@\\`]/u.test(token);
