/** The shapes of the Language Server Protocol that this room uses, as its specification 3.17 names them. */

export interface Position {
  readonly line: number;
  /** UTF-16 code units. */
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface LspDiagnostic {
  readonly range: Range;
  readonly severity?: 1 | 2 | 3 | 4;
  readonly code?: number | string;
  readonly message: string;
  /** 1: unnecessary, 2: deprecated. */
  readonly tags?: readonly number[];
}

export interface DiagnosticReport {
  readonly items?: readonly LspDiagnostic[];
}

export interface MarkupContent {
  readonly kind: "markdown" | "plaintext";
  readonly value: string;
}

export interface LspCompletionItem {
  readonly label: string;
  readonly labelDetails?: { readonly detail?: string; readonly description?: string };
  readonly kind?: number;
  readonly detail?: string;
  readonly sortText?: string;
  readonly filterText?: string;
  readonly insertText?: string;
  readonly textEdit?: {
    readonly newText: string;
    readonly range?: Range;
    readonly replace?: Range;
  };
  readonly data?: unknown;
}

export interface CompletionList {
  readonly items: readonly LspCompletionItem[];
  readonly itemDefaults?: {
    readonly editRange?: Range | { readonly insert: Range; readonly replace: Range };
  };
}

export interface Hover {
  readonly contents: MarkupContent | string;
  readonly range?: Range;
}

export interface SignatureInformation {
  readonly label: string;
  readonly documentation?: MarkupContent | string;
  readonly parameters?: readonly {
    readonly label: string | readonly [number, number];
    readonly documentation?: MarkupContent | string;
  }[];
  readonly activeParameter?: number | null;
}

export interface SignatureHelp {
  readonly signatures: readonly SignatureInformation[];
  readonly activeSignature?: number;
  readonly activeParameter?: number | null;
}
