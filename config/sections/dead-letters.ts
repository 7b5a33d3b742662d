/** `dead_letters`: how what was refused is kept. */
import { z } from 'zod';

export const deadLetters = z
  .strictObject({
    raw: z
      .boolean()
      .prefault(false)
      .describe(
        'Whether refused text is kept byte for byte. Without it, passwords, tokens, keys, mail addresses and card numbers are masked before it is stored, and what is put back has stars in their place.',
      ),
  })
  .prefault({});
