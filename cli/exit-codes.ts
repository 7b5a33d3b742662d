/** What a script may rely on. */
export const exitCodes = {
  ok: 0,
  /** Something failed that is neither of the below. */
  failed: 1,
  /** The command line or the configuration is wrong: nothing was started. */
  usage: 2,
  /** `replay` found windows that are not exact, `models verify` a file that is not usable: see the output. */
  findings: 3,
  /** A service that is needed does not answer. */
  unavailable: 4,
  /** Ended at once by a second SIGINT or SIGTERM: the first one stops in good order, with `ok`. */
  interrupted: 130,
} as const;
