/** `jupyter:comms`: channels between a notebook's cells and code in its frontends. */
import {
  type Attachments,
  type CommMessage,
  type HostComm,
  host,
  type JsonObject,
} from "./host.ts";

export type { Attachments, CommMessage };

/** A channel to all frontends, or from one. */
export class Comm {
  readonly #comm: HostComm;

  /** @internal */
  constructor(comm: HostComm) {
    this.#comm = comm;
  }

  get id(): string {
    return this.#comm.id;
  }

  /** The name of what it is connected to. */
  get target(): string {
    return this.#comm.target;
  }

  get isClosed(): boolean {
    return this.#comm.isClosed;
  }

  send(data: JsonObject, attachments?: Attachments): void {
    this.#comm.send(data, attachments);
  }

  /** Calls a handler for each message of a frontend. What it prints and throws stands under this cell. */
  onMessage(handler: (message: CommMessage) => unknown): this {
    const owner = host().owner();
    this.#comm.onMessage = (message) => void host().call(owner, () => handler(message));
    return this;
  }

  /** Calls a handler when a frontend closes it. */
  onClose(handler: (message: CommMessage) => unknown): this {
    const owner = host().owner();
    this.#comm.onClose = (message) => void host().call(owner, () => handler(message));
    return this;
  }

  close(data?: JsonObject): void {
    this.#comm.close(data);
  }
}

/**
 * Opens a channel to all frontends.
 * @param target the name under which they expect it
 */
export function openComm(target: string, data: JsonObject = {}, attachments?: Attachments): Comm {
  return new Comm(host().openComm(target, data, attachments));
}

/** Takes the channels that frontends open under a name; all others are closed at once. */
export function acceptComms(
  target: string,
  onOpen: (comm: Comm, message: CommMessage) => unknown,
): void {
  const owner = host().owner();
  host().acceptComms(target, (opened, message) => {
    const comm = new Comm(opened);
    void host().call(owner, () => onOpen(comm, message));
  });
}
