/** The functions through which cells show things and ask for things. */
import { randomUUID } from "node:crypto";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { CellContext } from "./cells.ts";
import type { Interlock } from "./interlock.ts";
import { fromBundle, plainText, type Representation, represent } from "./mime/index.ts";
import type { OutputChannel } from "./output.ts";
import type { MimeBundle } from "./types.ts";

export interface DisplayParts {
  readonly context: CellContext;
  readonly output: OutputChannel;
  readonly interlock: Interlock;
  /** Brings the answers of the person at the frontend. */
  readonly replies: MessagePort;
}

interface DisplayOptions {
  readonly displayId?: string;
  readonly update?: boolean;
}

/** What `display` returns. */
class Display {
  readonly id: string;
  readonly #show: (value: unknown, options: DisplayOptions) => void;

  constructor(id: string, show: (value: unknown, options: DisplayOptions) => void) {
    this.id = id;
    this.#show = show;
  }

  update(value: unknown): this {
    this.#show(value, { displayId: this.id, update: true });
    return this;
  }

  /** What it stands for is shown already, where a cell ends with it. */
  [Symbol.for("Jupyter.display")](): MimeBundle {
    return {};
  }
}

/** Makes `display`, `clearOutput` and `prompt` global, as globals.d.ts declares them. */
export function installDisplay({ context, output, interlock, replies }: DisplayParts): void {
  const put = (found: Representation | undefined, displayId: string, update: boolean) => {
    const cell = context.current;
    if (!cell || !found) return;
    output.emit(cell, { type: "display", ...found, displayId, update });
  };

  const show = (value: unknown, { displayId = randomUUID(), update = false }: DisplayOptions) => {
    const found = represent(value) ?? text(value);
    if (found instanceof Promise) {
      const shown = found.then((each) => put(each ?? text(value), displayId, update));
      context.current?.pending.add(shown);
    } else {
      put(found, displayId, update);
    }
  };

  const display = (value: unknown, options: DisplayOptions = {}): Display => {
    const handle = new Display(options.displayId ?? randomUUID(), show);
    show(value, { ...options, displayId: handle.id });
    return handle;
  };
  const bundle = (data: MimeBundle) => {
    const handle = new Display(randomUUID(), show);
    put(fromBundle(data), handle.id, false);
    return handle;
  };
  const as = (mime: string) => (content: string | Uint8Array) => bundle({ [mime]: content });
  Object.assign(display, {
    raw: bundle,
    html: as("text/html"),
    markdown: as("text/markdown"),
    latex: as("text/latex"),
    svg: as("image/svg+xml"),
    png: as("image/png"),
    jpeg: as("image/jpeg"),
    gif: as("image/gif"),
    webp: as("image/webp"),
    javascript: as("application/javascript"),
  });

  const clearOutput = ({ wait = false }: { readonly wait?: boolean } = {}): void => {
    const cell = context.current;
    if (cell) output.emit(cell, { type: "clear", wait });
  };

  const prompt = (message: unknown = "", options: unknown = undefined): string | null => {
    const cell = context.current;
    if (!cell?.allowStdin) {
      throw new Error(
        "prompt() has nobody to ask: whoever runs this cell takes no questions, as is usual where no person runs it. " +
          "Give the value in the cell.",
      );
    }
    const password = (options as { password?: unknown } | undefined)?.password === true;
    // Answers to questions that were interrupted.
    while (receiveMessageOnPort(replies));
    let count = interlock.replies;
    output.put({ type: "input", cell: cell.id, prompt: String(message), password });
    for (;;) {
      const reply = receiveMessageOnPort(replies) as { message: string | null } | undefined;
      if (reply) return reply.message;
      interlock.awaitReply(count);
      count = interlock.replies;
    }
  };

  for (const [name, value] of Object.entries({ display, clearOutput, prompt })) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}

function text(value: unknown): Representation {
  return { data: { "text/plain": plainText(value) }, metadata: {} };
}
