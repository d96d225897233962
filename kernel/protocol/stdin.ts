/** Questions that a cell asks the person at the frontend that ran it. */
import type { Message } from "./message.ts";
import type { CellContext } from "./outputs.ts";
import type { RouterSocket } from "./sockets.ts";
import type { Wire } from "./wire.ts";

export class Stdin {
  readonly #socket: RouterSocket;
  readonly #wire: Wire;
  readonly #answer: (value: string | null) => void;
  /** `msg_id` of the question that waits for its answer. */
  #question: string | undefined;

  /** @param answer told null where nobody can answer */
  constructor(socket: RouterSocket, wire: Wire, answer: (value: string | null) => void) {
    this.#socket = socket;
    this.#wire = wire;
    this.#answer = answer;
  }

  ask(cell: CellContext, prompt: string, password: boolean): void {
    if (!cell.allowStdin) {
      this.#answer(null);
      return;
    }
    const content = { prompt, password };
    const parentHeader = cell.rawHeader;
    const { id, frames } = this.#wire.encode({ type: "input_request", content, parentHeader });
    this.#question = id;
    this.#socket.send([...cell.identities, ...frames]).catch(() => {
      // The client that ran the cell has gone, or has no socket for questions.
      if (this.#question === id) this.#give(null);
    });
  }

  /** The cell that may have asked has ended. */
  forget(): void {
    this.#question = undefined;
  }

  onReply({ header, parentHeader, content }: Message): void {
    if (header.msg_type !== "input_reply" || this.#question === undefined) return;
    // Some clients do not say which question they answer.
    const answered = parentHeader.msg_id;
    if (answered !== undefined && answered !== this.#question) return;
    this.#give(typeof content.value === "string" ? content.value : null);
  }

  #give(value: string | null): void {
    this.#question = undefined;
    this.#answer(value);
  }
}
