/** Ctrl+C and AbortSignals, noticed between two steps. */

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
  process.once("SIGINT", onSignal);
  return {
    async requested() {
      await new Promise((resolve) => setImmediate(resolve));
      return interrupted || (signal?.aborted ?? false);
    },
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal);
    },
  };
}
