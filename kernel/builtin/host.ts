/**
 * What the modules that the kernel brings ask of the process that runs the cells. They reach it by a property of the
 * global object, so that they depend on nothing of it but this.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export interface CommMessage {
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  readonly buffers: readonly Uint8Array[];
}

export interface Attachments {
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Uint8Array[];
}

/** A channel between an object here and one in each frontend. */
export interface HostComm {
  readonly id: string;
  readonly target: string;
  readonly isClosed: boolean;
  /** Told of each message of a frontend. */
  onMessage: (message: CommMessage) => void;
  /** Told when a frontend closes it. */
  onClose: (message: CommMessage) => void;
  /** Sends a message, in answer to the one that is being handled. */
  send(data: JsonObject, attachments?: Attachments): void;
  close(data?: JsonObject): void;
}

/** The cell that made something. */
export interface Owner {
  /** It was interrupted. */
  readonly isStopped: boolean;
}

export type CapturedOutput =
  | { readonly type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
      readonly type: "display";
      readonly data: JsonObject;
      readonly metadata: JsonObject;
      readonly displayId?: string;
      readonly update: boolean;
    }
  | {
      readonly type: "error";
      readonly error: {
        readonly ename: string;
        readonly evalue: string;
        readonly traceback: readonly string[];
      };
    }
  | { readonly type: "clear"; readonly wait: boolean };

export interface Host {
  openComm(target: string, data: JsonObject, attachments?: Attachments & { id?: string }): HostComm;
  /** Takes the comms that frontends open. */
  acceptComms(target: string, onOpen: (comm: HostComm, message: CommMessage) => void): void;
  /** The cell that runs now. */
  owner(): Owner | undefined;
  /** Calls something later for a cell: it can be interrupted. Settles when it has ended, and never rejects. */
  call(owner: Owner | undefined, action: () => unknown): Promise<void>;
  /** Calls something and takes what it puts out; where the sink returns false, that goes its way. */
  capture<T>(sink: (output: CapturedOutput) => boolean, action: () => T): T;
  /** Does something as part of a cell. */
  within<T>(owner: Owner | undefined, action: () => T): T;
  /** Shows what somebody threw as the cell that runs now would. */
  report(error: unknown): void;
  /** The cell that runs now has not ended before the promise has. */
  await(promise: Promise<unknown>): void;
  /** Does something when the messages that are there have been handled. */
  afterMessages(action: () => void): void;
  /** Does something each time that a cell, or what is called later, ends. */
  beforeEnd(action: () => void): void;
  /** Does something after some milliseconds. Returns what prevents it. */
  after(milliseconds: number, action: () => void): () => void;
  /** Is asked about each change of a display; true where it has made the change. */
  onUpdate(action: (output: CapturedOutput & { readonly type: "display" }) => boolean): void;
  /** The MIME bundle that stands for a value. */
  represent(value: unknown): JsonObject | undefined;
}

export const hostSymbol: unique symbol = Symbol.for("convnet-lab.kernel.host");

/** @throws Error outside of a notebook */
export function host(): Host {
  const found = (globalThis as { [hostSymbol]?: Host })[hostSymbol];
  if (!found) throw new Error("This module works only in a notebook of the TypeScript kernel.");
  return found;
}
