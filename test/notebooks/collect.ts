/** Gathers a notebook's outputs from the kernel's messages, as nbclient and JupyterLab do. */
import type { Message } from "../kernel/wire.ts";
import type { CodeCell, ErrorOutput, MimeBundle, Output, RichOutput } from "./notebook.ts";

export class OutputCollector {
  /** All outputs shown under a display id, in whatever cell: an update changes each. */
  readonly #displays = new Map<string, RichOutput[]>();
  readonly #clearNext = new Set<CodeCell>();

  /** Applies a message to the cell that caused it. */
  receive(cell: CodeCell, { type, content }: Message): void {
    switch (type) {
      case "stream":
        this.#stream(cell, content as { name: "stdout" | "stderr"; text: string });
        break;
      case "display_data":
      case "execute_result": {
        const { data, metadata, transient, execution_count } = content as unknown as Rich;
        const isResult = type === "execute_result";
        const output: RichOutput = {
          output_type: isResult ? "execute_result" : "display_data",
          ...(isResult && { execution_count }),
          ...{ data, metadata },
        };
        this.#add(cell, output);
        const id = transient?.display_id;
        if (id) this.#displays.set(id, [...(this.#displays.get(id) ?? []), output]);
        break;
      }
      case "update_display_data": {
        const { data, metadata, transient } = content as unknown as Rich;
        for (const output of this.#displays.get(transient?.display_id ?? "") ?? []) {
          Object.assign(output, { data, metadata });
        }
        break;
      }
      case "error": {
        const { ename, evalue, traceback } = content as unknown as Omit<ErrorOutput, "output_type">;
        this.#add(cell, { output_type: "error", ename, evalue, traceback });
        break;
      }
      case "clear_output":
        if (content.wait) this.#clearNext.add(cell);
        else cell.outputs.length = 0;
        break;
    }
  }

  #stream(cell: CodeCell, { name, text }: { name: "stdout" | "stderr"; text: string }): void {
    const last = this.#clearNext.has(cell) ? undefined : cell.outputs.at(-1);
    if (last?.output_type === "stream" && last.name === name) last.text += text;
    else this.#add(cell, { output_type: "stream", name, text });
  }

  #add(cell: CodeCell, output: Output): void {
    if (this.#clearNext.delete(cell)) cell.outputs.length = 0;
    cell.outputs.push(output);
  }
}

interface Rich {
  readonly data: MimeBundle;
  readonly metadata: MimeBundle;
  readonly transient?: { readonly display_id?: string };
  readonly execution_count?: number;
}
