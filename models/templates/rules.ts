/**
 * The elements of template mining, each of which can be left out: what each contributes is measured by an ablation, on
 * systems on which it was not chosen. The product has one set of them for all logs.
 */
export interface TemplateRules {
  // Shapes, byte by byte, in the signature scan.
  /** `r24=`, `Mac80::`: what stands before an equals sign or two colons is a name, its digits included. */
  readonly names: boolean;
  /** `tty2`, `L3`: letters with one digit are a word; a column in which only the digit differs opens. */
  readonly oneDigitWords: boolean;
  /** `node-<*>`, `core.<*>`, `CPU#<*>`, `enable....<*>`: letters, one separator and a number. */
  readonly prefixes: boolean;
  /** `Server@<*>`: a name with a hash. */
  readonly objectHashes: boolean;
  /** `#<*>`, `@<*>`: a sign before a number. */
  readonly signs: boolean;
  /** `<*>` for `hdfs://host/x` and `C:\x`: the scheme or drive is a part of the path. */
  readonly schemes: boolean;
  /** `com.acme/.Main`, `src/main.c`: one slash and a dot make a path. */
  readonly dottedPaths: boolean;
  /** `=Rect(0, 1)`: a bracket that a value opens and does not close is no part of it. */
  readonly openBrackets: boolean;
  /** `cat=[<*>]`: a value in brackets. */
  readonly bracketedValues: boolean;
  /** `"GET <*>"`: the method of a quoted request line. */
  readonly requests: boolean;
  /** `key =value`. */
  readonly spacedEquals: boolean;
  /** `ruser= tty=`: a value that is empty stays so where it always is. */
  readonly emptyValues: boolean;
  /** `'safety'`: a quoted word is a word. */
  readonly quotedWords: boolean;

  // Texts, once per distinct signature.
  /** Runs of blanks are one blank. */
  readonly blanks: boolean;
  /** `Mon Jun 5 10:00:00 2005`: dates with names of days and months. */
  readonly dates: boolean;
  /** `db.acme.org:5432`. */
  readonly hostPorts: boolean;
  /** `true`, `false`, `null`, `root`, `admin`. */
  readonly constants: boolean;
  /** `<1 sec`, and a size given twice, `1024 bytes (1 KB)`. */
  readonly quantities: boolean;
  /** Variables with only marks between them are one. */
  readonly joints: boolean;
  /** A name after `user`. */
  readonly users: boolean;

  // Columns of aligned texts, in the miner.
  /** A column opens where one of its words is a variable already. */
  readonly maskedColumns: boolean;
  /** ... where all of its words are dotted names. */
  readonly dottedColumns: boolean;
  /** ... where all of its words have a digit. */
  readonly digitColumns: boolean;
  /** ... where all of its words are units behind a number: they go, the number stays. */
  readonly unitColumns: boolean;
  /** Runs of variables of unlike length, elsewhere alike, are one template. */
  readonly runs: boolean;
  /** Different words that open a column in a context with at least `long` other words, and in a shorter one. */
  readonly many: number;
  readonly manyInShort: number;
  readonly long: number;
}

export const templateRules: TemplateRules = {
  names: true,
  oneDigitWords: true,
  prefixes: true,
  objectHashes: true,
  signs: true,
  schemes: true,
  dottedPaths: true,
  openBrackets: true,
  bracketedValues: true,
  requests: true,
  spacedEquals: true,
  emptyValues: true,
  quotedWords: true,
  blanks: true,
  dates: true,
  hostPorts: true,
  constants: true,
  quantities: true,
  joints: true,
  users: true,
  maskedColumns: true,
  dottedColumns: true,
  digitColumns: true,
  unitColumns: true,
  runs: true,
  many: 4,
  manyInShort: 6,
  long: 4,
};
