/** What waits to be sent on one socket, which takes only one message at a time. */

interface Waiting {
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  readonly before: (() => void) | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Outbox {
  readonly #send: (frames: readonly Uint8Array[]) => Promise<void>;
  /** Bytes that may wait before the one who fills the queue is asked to pause. */
  readonly #limit: number;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running = false;
  #last: Promise<void> = Promise.resolve();
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(send: (frames: readonly Uint8Array[]) => Promise<void>, limit = 8 << 20) {
    this.#send = send;
    this.#limit = limit;
  }

  /**
   * Sends after all that was pushed before. Settles when it is sent; a rejection may be left unhandled.
   * @param before called just before it is sent
   */
  push(frames: readonly Uint8Array[], before?: () => void): Promise<void> {
    const bytes = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
    const sent = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ frames, bytes, before, resolve, reject });
    });
    sent.catch(() => {});
    this.#last = sent;
    this.#bytes += bytes;
    if (!this.#running) void this.#run();
    return sent;
  }

  /** Settles when the queue has room again; undefined where it has room now. */
  get room(): Promise<void> | undefined {
    if (this.#bytes <= this.#limit) return undefined;
    if (!this.#room) {
      let resolve = () => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#room = { promise, resolve };
    }
    return this.#room.promise;
  }

  /** Settles when all that was pushed until now is sent or has failed. */
  async flushed(): Promise<void> {
    await this.#last.catch(() => {});
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const { frames, bytes, before, resolve, reject } of batch) {
        try {
          before?.();
          await this.#send(frames);
          resolve();
        } catch (error) {
          reject(error);
        }
        this.#bytes -= bytes;
        if (this.#bytes <= this.#limit / 2) {
          this.#room?.resolve();
          this.#room = undefined;
        }
      }
    }
    this.#running = false;
  }
}
