/** What the front asks of the TypeScript language server. */
import type { CellAnalysis } from "../cell/types.ts";
import type { ServerProcess } from "./spawn.ts";

export interface Diagnostic {
  readonly severity: "error" | "warning" | "information" | "hint";
  readonly code: number;
  readonly message: string;
  /** UTF-16 offsets into the cell's own source. */
  readonly start: number;
  readonly end: number;
}

export interface CheckResult {
  readonly diagnostics: readonly Diagnostic[];
  /** Set where the check could not be made: the cell runs unchecked and this line is shown once. */
  readonly notice?: string;
}

export interface CompletionItem {
  readonly text: string;
  /** "function", "class", "property", "keyword" …, as Jupyter's `_jupyter_types_experimental` names them. */
  readonly type: string;
  readonly signature?: string;
}

export interface Completion {
  readonly items: readonly CompletionItem[];
  /** The range that an item replaces. */
  readonly start: number;
  readonly end: number;
}

export interface Inspection {
  readonly markdown: string;
  readonly text: string;
}

export interface LanguageOptions {
  /** The notebook's folder: imports in cells resolve from here. */
  readonly directory: string;
  /** Extra conditions for package exports. */
  readonly conditions: readonly string[];
  /** The server's process, where it has been started ahead. */
  readonly server?: Promise<ServerProcess>;
  /** Milliseconds after which a cell runs unchecked. Default 5000. */
  readonly checkLimit?: number;
  /** Milliseconds after which completion and inspection answer with nothing. Default 5000. */
  readonly helpLimit?: number;
}

export interface Language {
  /** Starts the server ahead of the first cell. */
  start(): void;
  /**
   * Type-checks a cell against what the committed cells before it declared. Changes nothing that others see. Never
   * rejects; aborted by `signal`, it finds nothing.
   */
  check(
    id: number,
    source: string,
    analysis: CellAnalysis,
    signal?: AbortSignal,
  ): Promise<CheckResult>;
  /**
   * The cell has run: from now on later cells see its types, and of its values those in `reached`.
   * @param hasResult its last expression had a value, which is what `_` stands for now
   */
  commit(
    id: number,
    source: string,
    analysis: CellAnalysis,
    reached: readonly string[],
    hasResult?: boolean,
  ): void;
  /** The values of all cells are gone (restart or lost worker). */
  reset(): void;
  complete(source: string, offset: number): Promise<Completion>;
  inspect(source: string, offset: number, detail: 0 | 1): Promise<Inspection | undefined>;
  dispose(): Promise<void>;
}
