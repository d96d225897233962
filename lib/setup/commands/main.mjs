import { Interrupted, Problem, Problems } from "../engine/problem.mjs";

/**
 * Runs a command of ours: errors that the user can mend are printed without a stack trace, and a signal ends
 * the command in good order (a second one at once).
 *
 * @param {(signal: AbortSignal) => Promise<number | void>} command resolves to the exit code
 */
export async function runMain(command) {
  const abort = new AbortController();
  let endedBy = 0;
  for (const [name, number] of /** @type {const} */ ([
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ])) {
    process.on(name, () => {
      if (endedBy) process.exit(128 + number);
      endedBy = number;
      abort.abort(new Interrupted(name));
    });
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
