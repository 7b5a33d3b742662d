/**
 * The elements of template mining. Each can be left out, so that what it contributes can be measured on systems on which
 * it was not chosen (`tocsin eval loghub --left-out`); the product has one set of them for all logs.
 */
export interface TemplateRules {
  // Shapes, byte by byte, in the signature scan.

  /**
   * Words with a digit that are names: with one digit (`tty2`, `L3`), before an equals sign or `::` (`r24=`, `Mac80::`). A
   * column opens where its words differ only in digits.
   */
  readonly names: boolean;
  /** What stands before a number or hash and tells what it is: `node-<*>`, `CPU#<*>`, `enable....<*>`, `Server@<*>`. */
  readonly prefixes: boolean;
  /** Paths with their scheme or drive (`hdfs://host/x`, `C:\\x`), and those that only have a dot and a slash (`src/main.c`). */
  readonly paths: boolean;
  /** Brackets in values are matched: `=[<*>]`, `=Rect(0, 1)`. */
  readonly brackets: boolean;
  /** A value that is empty stays so where it always is, `ruser= tty=`. */
  readonly values: boolean;
  /** A status behind words of a failure (`failed with status 503`) is a number: the words have said it. */
  readonly failures: boolean;
  /** What a quote says of its kind is kept: a quoted word, the method of a quoted request line (`"GET <*>"`). */
  readonly quotes: boolean;

  // Texts, once per distinct signature.

  /** Dates with names of days and months: `Mon Jun 5 10:00:00 2005`. */
  readonly dates: boolean;
  /** Words that are values in any log: `true`, `false`, `null`, `root`, `admin`, and a name after `user`. */
  readonly constants: boolean;

  // Aligned texts, in the miner; the first two concern single texts, too.

  /** Dotted names are values with a port, `db.acme.org:5432`, and where they vary. */
  readonly dottedNames: boolean;
  /** A quantity is one variable whatever its unit: `<*> KB` beside `<*> B`, `<1 sec`, `1024 bytes (1 KB)`. */
  readonly quantities: boolean;
  /** Variables side by side are a list of any length. */
  readonly lists: boolean;
  /** An index or a port belongs to what it stands behind, where that varies without one, too: `disk[<*>]`, `wpad:<*>`. */
  readonly indices: boolean;
  /** Words of a state (`started`, `DOWN`, `NodeReady`) are no values: their columns stay closed. */
  readonly states: boolean;
  /** A word in brackets or quotes, or with marks of a name, opens where the same words vary in other contexts, too. */
  readonly shared: boolean;
  /** A template takes in those that differ from it at its variables alone. */
  readonly absorbs: boolean;
  /** Different words that open a column in a context with at least `long` other words, and in a shorter one. */
  readonly many: number;
  readonly manyInShort: number;
  readonly long: number;
  /** Different first words that open their column in a context with at least `long` other words. */
  readonly manyFirst: number;
}

/** All rules, as tocsin mines. */
export const templateRules: TemplateRules = {
  names: true,
  prefixes: true,
  paths: true,
  brackets: true,
  values: true,
  failures: true,
  quotes: true,
  dates: true,
  constants: true,
  dottedNames: true,
  quantities: true,
  lists: true,
  indices: true,
  states: true,
  shared: true,
  absorbs: true,
  many: 4,
  manyInShort: 6,
  long: 4,
  manyFirst: 10,
};
