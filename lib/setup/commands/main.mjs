import { constants } from "node:os";
import { Interrupted, Problem, Problems } from "../engine/problem.mjs";

/** How often to look whether npm is still there, in milliseconds. */
const parentInterval = 500;

/**
 * Runs a command of ours: errors that the user can mend are printed without a stack trace, and a signal ends
 * the command in good order (a second one at once).
 *
 * @param {(signal: AbortSignal) => Promise<number | void>} command resolves to the exit code
 */
export async function runMain(command) {
  const abort = new AbortController();
  let endedBy = 0;
  const end = (/** @type {number} */ signal) => {
    endedBy = signal;
    abort.abort(new Interrupted());
  };
  for (const name of /** @type {const} */ (["SIGHUP", "SIGINT", "SIGTERM"])) {
    const number = constants.signals[name];
    process.on(name, () => (endedBy ? process.exit(128 + number) : end(number)));
  }
  // A SIGTERM to npm ends npm and its shell, which do not pass it on.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event) {
    setInterval(() => {
      if (process.ppid !== parent && !endedBy) end(constants.signals.SIGTERM);
    }, parentInterval).unref();
  }
  try {
    process.exitCode = (await command(abort.signal)) ?? 0;
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof Interrupted) {
      process.exitCode = 128 + endedBy;
    } else if (error instanceof Problem || error instanceof Problems) {
      console.error(`\n${error.describe()}`);
    } else {
      console.error(error);
    }
  }
}
