/** From what cells put out to messages: each goes to the cell that it belongs to, also when it comes late. */
import type { ErrorDescription, Output } from "../worker/types.ts";
import type { JsonObject, Parent } from "./message.ts";
import type { Publisher } from "./publisher.ts";

export interface CellContext extends Parent {
  readonly id: number;
  readonly count: number;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  /** The result as text, for the history. */
  resultText?: string;
}

/** Cells whose late output is still told apart; that of an older one goes to the latest cell. */
const rememberedCells = 5_000;

export class Outputs {
  readonly #publisher: Publisher;
  readonly #cells = new Map<number, CellContext>();
  /** Messages of comms that may still be answered. */
  readonly #asked = new Map<number, Parent>();
  readonly #comms: Comms;
  readonly #ask: (cell: CellContext, prompt: string, password: boolean) => void;
  #latest: CellContext | undefined;

  constructor(
    publisher: Publisher,
    comms: Comms,
    ask: (cell: CellContext, prompt: string, password: boolean) => void,
  ) {
    this.#publisher = publisher;
    this.#comms = comms;
    this.#ask = ask;
  }

  startCell(cell: CellContext): void {
    this.#latest = cell;
    this.#cells.set(cell.id, cell);
    for (const id of this.#cells.keys()) {
      if (this.#cells.size <= rememberedCells) break;
      this.#cells.delete(id);
    }
  }

  /** A frontend has sent a message by a comm. */
  startComm(id: number, message: Parent): void {
    this.#asked.set(id, message);
  }

  endComm(id: number): void {
    this.#asked.delete(id);
  }

  put(output: Output): void {
    const cell = this.#cells.get(output.cell) ?? this.#latest;
    if (output.type === "comm") {
      this.#comm(output, cell);
      return;
    }
    if (!cell) return;
    if (output.type === "input") {
      this.#publisher.flush();
      this.#ask(cell, output.prompt, output.password);
      return;
    }
    if (!cell.silent) this.#show(output, cell);
  }

  error({ ename, evalue, traceback }: ErrorDescription, cell: CellContext): void {
    this.#publisher.publish("error", { ename, evalue, traceback }, cell);
  }

  /** A note of the kernel's own, under the latest cell. */
  note(text: string): void {
    if (this.#latest) this.#publisher.stream("stderr", text, this.#latest);
  }

  #show(output: Exclude<Output, { type: "comm" | "input" }>, cell: CellContext): void {
    switch (output.type) {
      case "stream":
        this.#publisher.stream(output.name, output.text, cell);
        break;
      case "error":
        this.error(output.error, cell);
        break;
      case "clear":
        this.#publisher.publish("clear_output", { wait: output.wait }, cell);
        break;
      case "result": {
        const { data, metadata } = output;
        const text = data["text/plain"];
        if (typeof text === "string") cell.resultText = text;
        const content = { execution_count: cell.count, data, metadata };
        this.#publisher.publish("execute_result", content, cell);
        break;
      }
      case "display": {
        const { data, metadata, displayId, update } = output;
        const transient = displayId === undefined ? {} : { display_id: displayId };
        const type = update ? "update_display_data" : "display_data";
        this.#publisher.publish(type, { data, metadata, transient }, cell);
      }
    }
  }

  /** @param cell undefined: a frontend opened the comm before there was any cell */
  #comm(output: Extract<Output, { type: "comm" }>, cell: CellContext | undefined): void {
    const { action, commId, targetName = "", data, metadata, buffers, answers = 0 } = output;
    const content: JsonObject = {
      comm_id: commId,
      ...(action === "open" && { target_name: targetName }),
      data: data ?? {},
    };
    if (action === "open") this.#comms.opened(commId, targetName);
    if (action === "close") this.#comms.closed(commId);
    const parent = this.#asked.get(answers) ?? cell;
    this.#publisher.publish(`comm_${action}`, content, parent, { metadata, buffers });
  }
}

/** The channels between objects in cells and objects in frontends that are open now. */
export class Comms {
  readonly #targets = new Map<string, string>();

  opened(id: string, target: string): void {
    this.#targets.set(id, target);
  }

  closed(id: string): void {
    this.#targets.delete(id);
  }

  clear(): void {
    this.#targets.clear();
  }

  /** As `comm_info_reply` has it. */
  list(target?: string): Record<string, { readonly target_name: string }> {
    const comms = [...this.#targets].filter(([, name]) => target === undefined || name === target);
    return Object.fromEntries(comms.map(([id, name]) => [id, { target_name: name }]));
  }
}
