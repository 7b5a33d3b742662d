/** An error that is meant for people: it ends a start or a command, and is printed without a stack. */

/** Why it ended; the command line has an exit code for each. */
export type StartErrorKind =
  /** The command line, the configuration or a file is wrong: nothing was started. */
  | 'usage'
  /** A service that is needed does not answer. */
  | 'unavailable'
  /** The work was done and found something that is not in order: see the message. */
  | 'findings'
  /** Something failed that is none of these. */
  | 'failed';

/** Thrown at start-up and by commands; the message says what happened, where, and the next step. */
export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    message: string,
    readonly kind: StartErrorKind = 'usage',
  ) {
    super(message);
  }
}
