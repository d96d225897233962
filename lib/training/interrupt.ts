/** Ctrl+C, the Interrupt of a notebook, and AbortSignals, noticed between two steps. */

export interface Interruption extends Disposable {
  /** Lets signals and timers be dealt with, then says whether to stop. */
  requested(): Promise<boolean>;
}

/** Listens until disposed. A second Ctrl+C ends the process, as without a listener. */
export function listenForInterrupt(signal: AbortSignal | undefined): Interruption {
  let interrupted = false;
  const onSignal = () => {
    interrupted = true;
  };
  // The kernel's own, of the cell that runs now; another cell has another.
  const cell = (globalThis as { [key: symbol]: unknown })[Symbol.for("Jupyter.signal")] as
    | AbortSignal
    | undefined;
  // Where the kernel tells of the interrupt, a listener would only stay behind: while a callback runs, Node takes the
  // listeners away so that SIGINT can break it off, and puts them back afterwards, those that were removed meanwhile too.
  if (!cell) process.once("SIGINT", onSignal);
  return {
    async requested() {
      await new Promise((resolve) => setImmediate(resolve));
      return interrupted || (signal?.aborted ?? false) || (cell?.aborted ?? false);
    },
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal);
    },
  };
}
