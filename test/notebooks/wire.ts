/** Jupyter's message format on ZeroMQ sockets: https://jupyter-client.readthedocs.io/en/stable/messaging.html */
import { createHmac, randomUUID } from "node:crypto";

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export interface Message {
  readonly header: Header;
  readonly parent_header: Partial<Header>;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
}

const DELIMITER = "<IDS|MSG>";

export class Wire {
  readonly #key: string;
  readonly #session = randomUUID();

  constructor(key: string) {
    this.#key = key;
  }

  encode(type: string, content: object): { id: string; frames: string[] } {
    const header: Header = {
      msg_id: randomUUID(),
      msg_type: type,
      session: this.#session,
      username: "lessons",
      date: new Date().toISOString(),
      version: "5.4",
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    return { id: header.msg_id, frames: [DELIMITER, this.#sign(parts), ...parts] };
  }

  /** @throws if the message is not signed with our key */
  decode(frames: readonly Buffer[]): Message {
    const at = frames.findIndex((frame) => frame.toString() === DELIMITER);
    const [signature = "", ...parts] = frames.slice(at + 1, at + 6).map(String);
    if (at < 0 || parts.length !== 4) throw new Error("The kernel sent a malformed message.");
    if (signature !== this.#sign(parts)) throw new Error("The kernel sent an unsigned message.");
    const [header, parent_header, metadata, content] = parts.map((part) => JSON.parse(part));
    return { header, parent_header, metadata, content };
  }

  #sign(parts: readonly string[]): string {
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}
