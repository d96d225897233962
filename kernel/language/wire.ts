/**
 * JSON-RPC 2.0 over a pair of byte streams, framed by `Content-Length` headers as the Language Server Protocol
 * has it. The only file that knows the wire.
 */
import type { Readable, Writable } from "node:stream";

/** The peer answered a request with an error. */
export class ResponseError extends Error {
  override readonly name = "ResponseError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The connection ended before the answer came. */
export class ConnectionClosed extends Error {
  override readonly name = "ConnectionClosed";
}

interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Answers a request that the peer makes; what it throws goes back as an error. */
export type RequestHandler = (method: string, params: unknown) => unknown;

const headerEnd = Buffer.from("\r\n\r\n");

export class Wire {
  readonly #output: Writable;
  readonly #onRequest: RequestHandler;
  readonly #pending = new Map<number, Pending>();
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes that must be there before parsing can go on, so that a large body is not searched chunk by chunk. */
  #needed = 0;
  #nextId = 1;
  #closed = false;

  constructor(input: Readable, output: Writable, onRequest: RequestHandler) {
    this.#output = output;
    this.#onRequest = onRequest;
    input.on("data", (chunk: Buffer) => this.#receive(chunk));
    input.on("close", () => this.close("The connection was closed."));
    // A peer that has gone shows as EPIPE here; the requests in flight are rejected by close().
    output.on("error", (error) => this.close(error.message));
  }

  /**
   * Asks the peer. `signal` cancels: the peer is told, and the promise rejects at once with the signal's reason.
   * @throws ResponseError where the peer refuses, ConnectionClosed where it has gone.
   */
  request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#closed) return Promise.reject(new ConnectionClosed("The connection is closed."));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.#pending.delete(id);
        this.notify("$/cancelRequest", { id });
        reject(signal?.reason);
      };
      const settled = () => signal?.removeEventListener("abort", cancel);
      this.#pending.set(id, {
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      signal?.addEventListener("abort", cancel, { once: true });
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  /** Rejects what is in flight and sends nothing more. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#chunks = [];
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new ConnectionClosed(reason));
  }

  #send(message: Message): void {
    if (this.#closed) return;
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    // What is sent in one go, such as a change and a question about it, is written in one go.
    if (this.#output.writableCorked === 0) {
      this.#output.cork();
      process.nextTick(() => this.#output.uncork());
    }
    this.#output.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#needed) return;
    let buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#needed = 0;
    for (;;) {
      const end = buffer.indexOf(headerEnd);
      if (end < 0) break;
      const length = /^content-length: *(\d+)/im.exec(buffer.toString("latin1", 0, end))?.[1];
      if (length === undefined) {
        this.close("A message came without Content-Length.");
        return;
      }
      const start = end + headerEnd.length;
      const stop = start + Number(length);
      if (buffer.length < stop) {
        this.#needed = stop;
        break;
      }
      const body = buffer.toString("utf8", start, stop);
      buffer = buffer.subarray(stop);
      let message: Message;
      try {
        message = JSON.parse(body);
      } catch {
        this.close("A message came that is not JSON.");
        return;
      }
      this.#dispatch(message);
      if (this.#closed) return;
    }
    this.#chunks = buffer.length > 0 ? [buffer] : [];
    this.#buffered = buffer.length;
  }

  #dispatch(message: Message): void {
    if (message.method !== undefined) {
      if (message.id !== undefined && message.id !== null) {
        void this.#answer(message.id, message.method, message.params);
      }
      return;
    }
    if (typeof message.id !== "number") return;
    const pending = this.#pending.get(message.id);
    // A cancelled request is still answered; nobody waits for it any more.
    if (!pending) return;
    this.#pending.delete(message.id);
    if (message.error) pending.reject(new ResponseError(message.error.code, message.error.message));
    else pending.resolve(message.result ?? null);
  }

  async #answer(id: number | string, method: string, params: unknown): Promise<void> {
    try {
      const result = await this.#onRequest(method, params);
      this.#send({ id, result: result ?? null });
    } catch (error) {
      this.#send({
        id,
        error: { code: -32603, message: error instanceof Error ? error.message : String(error) },
      });
    }
  }
}
