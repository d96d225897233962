/** The callbacks of process.nextTick that an interrupt finds waiting. */
import { Interruption, type RunInterruptible } from "./interruptible.ts";

/** Errors after which callbacks that give each other to process.nextTick are taken for endless. */
const limit = 10;

/** What stands aside meanwhile. Kept here, as what is terminated puts nothing back. */
let nextTick: typeof process.nextTick | undefined;

/**
 * Runs what was given to process.nextTick and what an interrupt has found in between two of its callbacks, so that it
 * does not go on when the interrupt is over. What has no end is interrupted again, and then adds nothing any more.
 *
 * @param report is given what the callbacks throw
 */
export function drain(run: RunInterruptible, report: (error: unknown) => void): void {
  nextTick ??= process.nextTick;
  for (let errors = 0; ; ) {
    try {
      run(() => {});
      break;
    } catch (error) {
      if (error instanceof Interruption) errors = limit;
      else report(error);
      if (++errors > limit) process.nextTick = () => {};
    }
  }
  process.nextTick = nextTick;
  nextTick = undefined;
}
