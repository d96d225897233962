export interface Output {
  /** A result, on standard output. */
  out(text: string): void;
  /** What is to be known besides, on standard error. */
  err(text: string): void;
}

export interface Command {
  readonly usage: string;
  /** @throws {UsageError} the arguments are not those of the command */
  run(args: readonly string[], output: Output): void | Promise<void>;
}

/** The command was called wrongly. */
export class UsageError extends Error {
  override name = "UsageError";
}
