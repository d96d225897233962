/** Runs what a cell made so that SIGINT stops it, the promise callbacks that follow it included. */
import { Script } from "node:vm";
import type { Interlock } from "./interlock.ts";

/** What was running has been stopped. */
export class Interruption extends Error {
  override readonly name = "Interrupted";

  constructor() {
    super("The cell was interrupted.");
  }
}

/** Runs an action; throws Interruption, or what the action throws. */
export type RunInterruptible = (action: () => void) => void;

/** Runs promise callbacks and what was given to process.nextTick, as Node does after each of its callbacks. */
const { _tickCallback: runCallbacks } = process as unknown as { _tickCallback(): void };

/** Only a script can be run so, and it reaches what is outside of it by a property of the global object. */
const key = Symbol.for("notebook.run");
const script = new Script(`globalThis[Symbol.for("notebook.run")]()`, {
  // Not shown in stack traces, as Node's own are not.
  filename: "node:notebook",
});

export function makeInterruptible(interlock: Interlock): RunInterruptible {
  // Windows cannot send a process a signal; there the thread that watches stops everything.
  const bySignal = process.platform !== "win32";
  let pending: (() => void) | undefined;
  const run = () => {
    const action = pending;
    pending = undefined;
    if (bySignal) interlock.enter();
    try {
      action?.();
      interlock.startDraining();
      runCallbacks.call(process);
    } finally {
      interlock.stopDraining();
      if (bySignal) interlock.leave();
    }
  };
  Object.defineProperty(globalThis, key, { value: run });
  return (action) => {
    pending = action;
    try {
      script.runInThisContext({ breakOnSigint: bySignal });
    } catch (error) {
      if (!wasInterrupted(error)) throw error;
      interlock.struck();
      throw new Interruption();
    }
  };
}

function wasInterrupted(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED"
  );
}
