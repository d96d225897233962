/** The main thread's way to the front: everything in order, and sent before the call returns. */
import { writeSync } from "node:fs";
import type { Cell, CellOutput } from "./cells.ts";
import { encodeFrame } from "./frames.ts";
import type { Interlock } from "./interlock.ts";
import type { ExecuteOutcome, Output } from "./types.ts";
import { descriptors, type MainMessage, markText } from "./wire.ts";

export class OutputChannel {
  readonly #interlock: Interlock;
  readonly #nonce: string;
  #marks = 0;
  /** Knows displays that stand elsewhere than under a cell; true where it has changed one. */
  onUpdate: (output: CellOutput) => boolean = () => false;

  constructor(interlock: Interlock, nonce: string) {
    this.#interlock = interlock;
    this.#nonce = nonce;
  }

  /** Puts out for a cell: under it, or where the part of it that runs puts out. */
  emit(cell: Cell, output: CellOutput): void {
    if (cell.sink?.(output)) return;
    if (output.type === "display" && output.update && this.onUpdate(output)) return;
    this.put({ ...output, cell: cell.id } as Output);
  }

  put(output: Output): void {
    if (output.type === "comm") {
      const { buffers, ...rest } = output;
      this.#send({ type: "output", output: rest }, buffers);
    } else {
      this.#send({ type: "output", output });
    }
  }

  /** Lets the front read what native code and child processes have written before it reads on here. */
  mark(): void {
    const mark = ++this.#marks;
    const text = Buffer.from(markText(this.#nonce, mark));
    this.#interlock.guard(() => {
      writeAll(1, text);
      writeAll(2, text);
      this.#send({ type: "mark", mark });
    });
  }

  outcome(id: number, outcome: ExecuteOutcome): void {
    this.mark();
    this.#send({ type: "outcome", id, outcome });
  }

  /** Nothing more comes of these messages of comms. */
  handled(ids: readonly number[]): void {
    this.mark();
    this.#send({ type: "handled", ids });
  }

  #send(message: MainMessage, buffers?: readonly Uint8Array[]): void {
    const frame = encodeFrame(message, buffers);
    // Half a frame would make all that follows unreadable.
    this.#interlock.guard(() => writeAll(descriptors.output, frame));
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

function writeAll(fd: number, bytes: Buffer): void {
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Something has made the pipe non-blocking, and the front is slower than we are.
      if (code === "EAGAIN") Atomics.wait(pause, 0, 0, 1);
      // A cell has closed the descriptor, or the front has gone and the thread that watches ends us.
      else if (code === "EPIPE" || code === "EBADF") return;
      else throw error;
    }
  }
}
