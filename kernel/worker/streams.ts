/** What cells see as process.stdout and process.stderr. */

import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

type Callback = (error?: Error | null) => void;

class OutputStream extends Writable {
  readonly fd: number;
  readonly #decoder = new StringDecoder("utf8");
  readonly #put: (text: string) => void;

  constructor(fd: number, put: (text: string) => void) {
    super({ decodeStrings: false });
    this.fd = fd;
    this.#put = put;
  }

  /** At once and completely: a stream would hold back what is written until the cell lets go of the thread. */
  override write(
    chunk: unknown,
    encoding?: BufferEncoding | Callback,
    callback?: Callback,
  ): boolean {
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof chunk === "string") this.#put(chunk);
    else if (chunk instanceof Uint8Array) this.#put(this.#decoder.write(Buffer.from(chunk)));
    else {
      throw new TypeError(
        `A stream takes a string or bytes, and got ${chunk === null ? "null" : typeof chunk}.`,
      );
    }
    if (done) process.nextTick(done);
    return true;
  }

  override _write(chunk: string | Uint8Array, _encoding: BufferEncoding, done: Callback): void {
    this.write(chunk);
    done();
  }
}

export function installStreams(put: (name: "stdout" | "stderr", text: string) => void): void {
  for (const [fd, name] of [
    [1, "stdout"],
    [2, "stderr"],
  ] as const) {
    const stream = new OutputStream(fd, (text) => put(name, text));
    Object.defineProperty(process, name, {
      get: () => stream,
      configurable: true,
      enumerable: true,
    });
  }
}
