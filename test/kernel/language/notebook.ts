/** A notebook's cells as the kernel hands them to the language server: checked, then taken as run. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { analyze } from "../../../kernel/cell/index.ts";
import {
  type Completion,
  type Inspection,
  TypeScriptLanguage,
} from "../../../kernel/language/index.ts";

export class Notebook {
  readonly directory: string;
  readonly language: TypeScriptLanguage;
  #lastId = 0;

  constructor(conditions: readonly string[] = []) {
    this.directory = realpathSync(mkdtempSync(join(tmpdir(), "notebook-")));
    this.language = new TypeScriptLanguage({ directory: this.directory, conditions });
  }

  write(name: string, text: string): void {
    const path = join(this.directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  remove(name: string): void {
    rmSync(join(this.directory, name), { recursive: true });
  }

  /**
   * Checks a cell, and commits it where there is no error.
   * @param reached the values that exist after it; all that it declares where left out.
   * @returns its errors, each as `code [the marked text] message`, and a notice as it is.
   */
  async run(source: string, reached?: readonly string[]): Promise<string[]> {
    const id = ++this.#lastId;
    const analysis = analyze(source);
    const { diagnostics, notice } = await this.language.check(id, source, analysis);
    const errors = diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ code, start, end, message }) => `${code} [${source.slice(start, end)}] ${message}`);
    if (notice !== undefined) errors.push(notice);
    if (errors.length === 0 || notice !== undefined) {
      const values = analysis.declarations.filter(({ isValue }) => isValue);
      this.language.commit(id, source, analysis, reached ?? values.map(({ name }) => name));
    }
    return errors;
  }

  /** `|` marks the cursor. */
  complete(marked: string): Promise<Completion> {
    const offset = marked.indexOf("|");
    return this.language.complete(marked.replace("|", ""), offset);
  }

  async texts(marked: string): Promise<string[]> {
    return (await this.complete(marked)).items.map(({ text }) => text);
  }

  /** `|` marks the cursor. */
  inspect(marked: string, detail: 0 | 1 = 0): Promise<Inspection | undefined> {
    const offset = marked.indexOf("|");
    return this.language.inspect(marked.replace("|", ""), offset, detail);
  }

  async close(): Promise<void> {
    await this.language.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
