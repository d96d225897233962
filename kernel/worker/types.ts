/** What crosses between the front process and the worker process that evaluates cells. */
import type { CompiledCell } from "../cell/types.ts";

/** MIME type → data, as Jupyter sends it: text as string, JSON as a value, bytes in base64. */
export type MimeBundle = Record<string, unknown>;

export interface ExecuteRequest {
  /** Unique for each execute request in the kernel's life, also across worker restarts. */
  readonly id: number;
  /** The number in `In [n]`, for `cell[n]` in stack traces. */
  readonly count: number;
  /** The cell's TypeScript, for code frames. */
  readonly source: string;
  readonly compiled: CompiledCell;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  /** Expressions (compiled like cells) whose bundles go into the reply's `user_expressions`. */
  readonly userExpressions: Readonly<Record<string, CompiledCell>>;
}

export interface ErrorDescription {
  readonly ename: string;
  readonly evalue: string;
  /** Lines ready to print, with ANSI colours, pointing at `cell[n]:line:column` of the TypeScript. */
  readonly traceback: readonly string[];
}

export type UserExpressionResult =
  | { readonly status: "ok"; readonly data: MimeBundle; readonly metadata: MimeBundle }
  | ({ readonly status: "error" } & ErrorDescription);

export interface ExecuteOutcome {
  readonly status: "ok" | "error" | "aborted";
  readonly error?: ErrorDescription;
  /** Names that exist now because this cell reached their declaration (also where it threw later). */
  readonly reached: readonly string[];
  readonly userExpressions: Readonly<Record<string, UserExpressionResult>>;
  /** The cell had a result, which is what `_` stands for now. */
  readonly hasResult?: boolean;
}

/** What a cell puts out; `cell` is the id of the execute request that it belongs to, also when it comes late. */
export type Output =
  | {
      readonly type: "stream";
      readonly cell: number;
      readonly name: "stdout" | "stderr";
      readonly text: string;
    }
  | {
      readonly type: "display";
      readonly cell: number;
      readonly data: MimeBundle;
      readonly metadata: MimeBundle;
      readonly displayId?: string;
      /** Changes the earlier display of the same id instead of adding one. */
      readonly update: boolean;
    }
  | {
      readonly type: "result";
      readonly cell: number;
      readonly data: MimeBundle;
      readonly metadata: MimeBundle;
    }
  | { readonly type: "error"; readonly cell: number; readonly error: ErrorDescription }
  | { readonly type: "clear"; readonly cell: number; readonly wait: boolean }
  | {
      readonly type: "input";
      readonly cell: number;
      readonly prompt: string;
      readonly password: boolean;
    }
  | {
      readonly type: "comm";
      readonly cell: number;
      readonly action: "open" | "msg" | "close";
      readonly commId: string;
      readonly targetName?: string;
      readonly data: unknown;
      readonly metadata: MimeBundle;
      readonly buffers: readonly Uint8Array[];
      /** The `id` of the message that this one answers. */
      readonly answers?: number;
    };

export interface CommMessage {
  /** Unique in the kernel's life. */
  readonly id: number;
  readonly action: "open" | "msg" | "close";
  readonly commId: string;
  readonly targetName?: string;
  readonly data: unknown;
  readonly metadata: MimeBundle;
  readonly buffers: readonly Uint8Array[];
}

export interface WorkerOptions {
  /** The notebook's folder: imports in cells resolve from here, and it is the working directory. */
  readonly directory: string;
  /** Extra conditions for package exports. */
  readonly conditions: readonly string[];
  /** The Node that runs the cells; the one that runs this where left out. */
  readonly node?: string;
  /** The script of the worker process; the one beside this code where left out. */
  readonly entry?: URL;
}

/** The front's side of the worker. One instance lives as long as the kernel; the process behind it may change. */
export interface Worker {
  /** Starts the process ahead of the first cell. */
  start(): void;
  /** Lets the process make itself ready for code that is still being checked. */
  expect(code: string): void;
  /**
   * Runs one cell. All its output has been handed to `onOutput` before the promise settles. Never rejects: a
   * worker that dies is an outcome with `status: "error"` which says what happened and that the state is lost.
   */
  execute(request: ExecuteRequest): Promise<ExecuteOutcome>;
  /** Stops what runs, and keeps the state where that is possible. */
  interrupt(): Promise<void>;
  /** The answer to an `input` output; null when the frontend cannot answer. */
  reply(value: string | null): void;
  /** Settles when all that the message calls has ended. */
  comm(message: CommMessage): Promise<void>;
  /** Ends the process and starts a fresh one. */
  restart(): Promise<void>;
  /** Ends the process and everything that it started. */
  dispose(): Promise<void>;
  /** A promise asks to wait with further output until it settles. */
  onOutput: (output: Output) => Promise<void> | undefined;
  /** Told when the process was lost and its notebook names with it. */
  onLost: (reason: string) => void;
}
