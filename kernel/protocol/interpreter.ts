/** What the protocol asks of the part of the kernel that understands and runs cells. */
import type {
  CommMessage,
  ErrorDescription,
  MimeBundle,
  Output,
  UserExpressionResult,
} from "../worker/types.ts";

export interface CellRequest {
  /** Unique in the kernel's life; output names it. */
  readonly id: number;
  /** The number in `In [n]`. */
  readonly count: number;
  readonly source: string;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  readonly userExpressions: Readonly<Record<string, string>>;
}

export interface CellOutcome {
  readonly status: "ok" | "error" | "aborted";
  /** Present where `status` is "error". */
  readonly error?: ErrorDescription;
  readonly userExpressions?: Readonly<Record<string, UserExpressionResult>>;
  /** Shown in the frontend's pager. */
  readonly page?: MimeBundle;
}

export interface Completions {
  readonly items: readonly {
    readonly text: string;
    readonly type: string;
    readonly signature?: string;
  }[];
  /** UTF-16 range that an item replaces. */
  readonly start: number;
  readonly end: number;
}

export type Completeness =
  | { readonly status: "complete" | "invalid" | "unknown" }
  | { readonly status: "incomplete"; readonly indent: string };

export interface InterpreterEvents {
  /** A promise asks to wait until clients have taken what was put out before. */
  output(output: Output): Promise<void> | undefined;
  /** The state of all cells is gone. */
  lost(reason: string): void;
}

/** All offsets are UTF-16 code units. */
export interface Interpreter {
  /** Runs one cell; never two at a time. All its output has been handed over when the promise settles. */
  execute(request: CellRequest): Promise<CellOutcome>;
  /** Stops the cell that runs. */
  interrupt(): void;
  complete(source: string, offset: number): Promise<Completions>;
  inspect(source: string, offset: number, detail: 0 | 1): Promise<MimeBundle | undefined>;
  completeness(source: string): Completeness;
  /** The answer to an `input` output; null where nobody can answer. */
  reply(value: string | null): void;
  /** Settles when all that the message calls has ended, its output included. */
  comm(message: CommMessage): Promise<void>;
  /** Ends all that was started. */
  dispose(): Promise<void>;
}
