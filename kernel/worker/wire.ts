/** What the front and the two threads of the worker process say to each other. */
import type { CommMessage, ExecuteOutcome, ExecuteRequest, Output } from "./types.ts";

/** File descriptors of the worker process beside the standard ones. */
export const descriptors = {
  /** Front → main thread. */
  requests: 3,
  /** Main thread → front, written synchronously. */
  output: 4,
  /** Front ↔ the thread that watches, which answers while the main thread is busy. */
  watch: 5,
} as const;

/** What the worker process is told as it starts, in the environment variable `settingsVariable`. */
export interface WorkerSettings {
  readonly directory: string;
  /** Stands in the marks on standard output and error; nobody prints it by chance. */
  readonly nonce: string;
}

export const settingsVariable = "NOTEBOOK_WORKER";

/** Buffers of comms follow the JSON as bytes. */
export type FrontMessage =
  /** Code that imports something comes soon. */
  | { readonly type: "prepare" }
  | { readonly type: "execute"; readonly request: ExecuteRequest }
  | { readonly type: "comm"; readonly message: Omit<CommMessage, "buffers"> };

export type MainMessage =
  | { readonly type: "output"; readonly output: Output | Omit<Output, "buffers"> }
  /** All that was written to standard output and error before is before the mark with this number. */
  | { readonly type: "mark"; readonly mark: number }
  | { readonly type: "outcome"; readonly id: number; readonly outcome: ExecuteOutcome }
  /** All that these messages of comms call has ended. */
  | { readonly type: "handled"; readonly ids: readonly number[] };

export type WatchRequest =
  | { readonly type: "interrupt" }
  | { readonly type: "reply"; readonly value: string | null };

export type WatchMessage =
  | { readonly type: "interrupted" }
  /** Stopping what runs would take the process with it. */
  | { readonly type: "refused"; readonly reason: string };

export const mayImport = /\b(?:import|require)\b/;

/** Written to standard output and error, so that the front knows that it has read all before it. */
export function markText(nonce: string, mark: number): string {
  return `\u0000${nonce}:${mark}\u0000`;
}
