/** Variable parts that show in a text only as a whole: once per distinct signature, before it is mined or matched. */
import { templateRules, type TemplateRules } from './rules.js';

const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const before = '(?<![^\\s"\'(),:;<=>[\\]{|}])';
const after = '(?![^\\s"\'(),:;<=>[\\]{|}])';

const dates = new RegExp(
  `${before}(?:${day},? ${month} <\\*>|${day},? <\\*> ${month}|${month} <\\*>(?=,? <\\*>))(?:,? <\\*>)*(?: [A-Z]{3,4} <\\*>)?${after}`,
  'g',
);
const hostPorts = new RegExp(
  `${before}(?:[a-z][a-z\\d-]*(?:\\.[a-z\\d-]+)+|[A-Za-z][\\w$-]*(?:\\.[\\w$-]+){3,}):<\\*>`,
  'g',
);
/** A dotted name as a value: behind a key and a colon or an equals sign. */
const dottedValues =
  /(?<=[\w)]:|[\w)] ?= ?)[A-Za-z_][\w$-]*(?:\.[\w$-]+){2,}(?![^\s"'(),:;<=>[\]{|}])|(?<![^\s"'(),:;<=>[\]{|}])[a-z][a-z\d-]*(?:\.[a-z\d-]+){3,}(?![^\s"'(),:;<=>[\]{|}])/g;
const constants = new RegExp(`${before}(?:true|false|null|root|admin)${after}(?!=)`, 'gi');
const units = '(?:bytes?|B|[kKMGT]i?B|ms|sec|secs|seconds?|s|min|minutes?)';
const wholeUnit = new RegExp(`^${units}$`);
const lessThan = new RegExp(`<<\\*> ${units}${after}`, 'g');
const twice = new RegExp(`<\\*> (${units}) \\(<\\*>(?: ${units})?\\)`, 'g');
/** Variables with only marks between them. */
export const joints = /<\*>(?:[:,.@/|-]*<\*>)+/g;
const users = /(?:(?<=\bfor )user (?!<\*>)[\w$@-]+(?=$|[[(,;:])|\buser (?!<\*>)[\w$@-]+(?= (?:by|from|on|at|in) ))/g;

/**
 * The text that templates are mined from. Texts that differ stay different only where it matters, so the templates of
 * two signatures may be one.
 *
 * @example refined('up since Mon Jun <*> <*> <*>') // 'up since <*>'
 */
export function refined(masked: string, rules: TemplateRules = templateRules): string {
  let text = masked.replace(/\s+/g, ' ').trim();
  if (rules.dates) text = text.replace(dates, '<*>');
  if (rules.dottedNames) text = text.replace(hostPorts, '<*>').replace(dottedValues, '<*>');
  if (rules.constants) text = text.replace(constants, '<*>');
  if (rules.quantities) text = text.replace(lessThan, '<*>').replace(twice, '<*>');
  if (rules.constants) text = text.replace(users, 'user <*>');
  if (rules.lists) text = text.replace(joints, '<*>');
  return text;
}

/** Whether a word is a unit of time or size. */
export const isUnit = (word: string): boolean => wholeUnit.test(word);
