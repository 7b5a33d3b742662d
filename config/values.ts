/** The kinds of values that sections of the configuration are made of. */
import { z } from 'zod';
import { parseDuration } from './duration.js';
import { matcherProblem, patternProblem } from './pattern.js';
import { Secret } from './secret.js';

/** A duration such as `5m`, in milliseconds once read. */
export const duration = (fallback: string, description: string) =>
  z
    .string()
    .refine((text) => !Number.isNaN(parseDuration(text)), 'is no duration: write for example 30s, 5m, 1h or 7d')
    .transform(parseDuration)
    .prefault(fallback)
    .describe(description);

/** A value that is never printed. */
export const secret = (description: string) =>
  z
    .string()
    .min(1)
    .transform((value) => new Secret(value))
    .describe(`${description} A secret: give it as \${VARIABLE}, or name a file in the key with \`_file\` at its end.`);

/** Characters of a key that is made for tocsin alone: fewer, or few different ones, can be guessed. */
const shortest = 32;

/** A key that people make up: long, and of many different characters. */
export const strongSecret = (description: string) =>
  secret(description).superRefine((value, context) => {
    const text = value.reveal();
    if (text.length >= shortest && new Set(text).size >= 8) return;
    const message = `is too weak: it needs ${shortest} characters or more, at least 8 different ones; \`openssl rand -base64 32\` makes one`;
    context.addIssue({ code: 'custom', message });
  });

/** Patterns run in linear time (RE2 syntax), so that none can stall the stream. */
export const pattern = (description: string) =>
  z
    .string()
    .superRefine((text, context) => {
      const message = patternProblem(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .describe(description);

/** Directives of strptime that are read; an undefined one would be found only when the first line comes. */
const directive = /%(?:%|\.[369]?f|[369][Nf]|:z|-?[YymdejHkIlMSfLNbBhaApPzZsntTRDFrc])/g;

/** A form of time stamps. */
export const timeFormat = (description: string) =>
  z
    .string()
    .superRefine((text, context) => {
      const rest = text.replace(directive, '');
      const at = rest.indexOf('%');
      const message =
        at >= 0
          ? `has a directive that is not known: ${rest.slice(at, at + 2)}; strptime's are, such as %Y %m %d %H %M %S %f %z`
          : /%-?(?:[HIkslTRrc])/.test(text)
            ? undefined
            : 'has no time of day: %H, %I, %T or %s';
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .describe(description);

/** Private ranges that may be called. @param who is called */
export const addressRanges = (who: string) =>
  z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .prefault([])
    .describe(
      `Private, loopback and link-local ranges that ${who} may be in, for example \`10.2.0.0/16\`. Checked after the name is resolved, and the address is kept.`,
    );

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is no label name');
/** Label name to value. */
export const labels = z.record(labelName, z.string());
/** Which entities a setting is for. */
export const match = z
  .record(
    labelName,
    z.string().superRefine((text, context) => {
      const message = matcherProblem(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
  )
  .prefault({})
  .describe(
    'Labels that an entity must have, each value exact or, between slashes, a pattern; with `!` before it, not that. Empty matches all.',
  );
