/** Where in a lesson's TypeScript something happened. */
import { existsSync, readFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type CodeCell, type Notebook, runs } from "./notebook.ts";

export interface Place {
  /** `n` of `In [n]`. */
  readonly cell: number;
  /** Line in the cell, from 1. */
  readonly line: number;
  /** That line. */
  readonly source: string;
  /** File and line of the notebook's text form, where it has one. */
  readonly file?: string;
}

export class Places {
  readonly #notebook: Notebook;
  readonly #text: string;
  readonly #path: string;

  constructor(file: string, notebook: Notebook) {
    this.#notebook = notebook;
    this.#path = file.replace(/\.ipynb$/, ".ts");
    this.#text = existsSync(this.#path) ? readFileSync(this.#path, "utf8") : "";
  }

  numberOf(cell: CodeCell): number {
    return this.#notebook.cells.filter(runs).indexOf(cell) + 1;
  }

  /** @param line default: the cell's first line that is not a comment */
  of(cell: CodeCell, line?: number): Place {
    const lines = cell.source.split("\n");
    const first = lines.findIndex((text) => /^\s*[^\s/*]/.test(text)) + 1;
    const at = line ?? Math.max(first, 1);
    const start = this.#startLine(cell);
    const file = start && `${relative(process.cwd(), this.#path)}:${start + at - 1}`;
    return {
      ...{ cell: this.numberOf(cell), line: at, source: (lines[at - 1] ?? "").trim() },
      ...(file && { file }),
    };
  }

  /** The line of the cell at which an error was thrown, by the kernel's stack trace. */
  ofError(cell: CodeCell, traceback: readonly string[]): Place {
    const trace = stripVTControlCharacters(traceback.join("\n"));
    const frames = [...trace.matchAll(/\bcell\[(\d+)\]:(\d+)/g)];
    const number = String(this.numberOf(cell));
    const own = frames.find((frame) => frame[1] === number);
    return this.of(cell, own && Number(own[2]));
  }

  /** Line of the text form at which the cell's source begins; cells stand there in the notebook's order. */
  #startLine(cell: CodeCell): number | undefined {
    let from = 0;
    for (const other of this.#notebook.cells.filter(runs)) {
      const at = this.#text.indexOf(`\n${other.source}`, from);
      if (at < 0) continue;
      if (other === cell) return this.#text.slice(0, at + 1).split("\n").length;
      from = at + other.source.length;
    }
    return undefined;
  }
}

export function describePlace(notebook: string, { cell, line }: Place): string {
  return `${basename(notebook)}, cell [${cell}], line ${line}`;
}
