/** Messages to frames and back: serialization and signatures, as the Jupyter messaging protocol lays down. */
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { userInfo } from "node:os";
import {
  type Header,
  isObject,
  type JsonObject,
  type Message,
  type OutgoingMessage,
} from "./message.ts";

export const protocolVersion = "5.5";

const delimiter = Buffer.from("<IDS|MSG>");
const emptyObject = Buffer.from("{}");

/** Signatures that are remembered, so that a message recorded by someone else has no second effect. */
const rememberedSignatures = 1 << 16;

/** What came is not a message of ours; `message` says why. */
export class WireError extends Error {
  override name = "WireError";
}

export class Wire {
  /** Of this kernel process. */
  readonly session = randomUUID();
  readonly #key: string;
  readonly #hash: string;
  readonly #username = username();
  readonly #seen = new Set<string>();

  constructor({ key, hash }: { readonly key: string; readonly hash: string }) {
    this.#key = key;
    this.#hash = hash;
  }

  /** The frames after the routing ones. `id` is the new message's own. */
  encode({
    type,
    content,
    parentHeader = emptyObject,
    metadata = {},
    buffers = [],
  }: OutgoingMessage): {
    readonly id: string;
    readonly frames: Uint8Array[];
  } {
    const header: Header = {
      msg_id: randomUUID(),
      session: this.session,
      username: this.#username,
      date: new Date().toISOString(),
      msg_type: type,
      version: protocolVersion,
    };
    const parts = [toJson(header), parentHeader, toJson(metadata), toJson(content)];
    return {
      id: header.msg_id,
      frames: [delimiter, Buffer.from(this.#sign(parts)), ...parts, ...buffers],
    };
  }

  /** @throws {WireError} */
  decode(frames: readonly Uint8Array[]): Message {
    const at = frames.findIndex((frame) => delimiter.equals(frame));
    if (at < 0) throw new WireError("no delimiter");
    const [signature, header, parent, metadata, content, ...buffers] = frames.slice(at + 1);
    if (!signature || !header || !parent || !metadata || !content)
      throw new WireError("fewer frames than a message has");
    this.#verify(signature, [header, parent, metadata, content]);
    const parsedHeader = toObject(header, "header");
    if (typeof parsedHeader.msg_id !== "string" || typeof parsedHeader.msg_type !== "string")
      throw new WireError("header without msg_id or msg_type");
    return {
      identities: frames.slice(0, at),
      rawHeader: header,
      header: parsedHeader as Header,
      parentHeader: toObject(parent, "parent header"),
      metadata: toObject(metadata, "metadata"),
      content: toObject(content, "content"),
      buffers,
    };
  }

  #sign(parts: readonly Uint8Array[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac(this.#hash, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  #verify(signature: Uint8Array, parts: readonly Uint8Array[]): void {
    if (this.#key === "") return;
    if (signature.length === 0) throw new WireError("no signature");
    const expected = this.#sign(parts);
    const bytes = Buffer.from(expected);
    if (signature.length !== bytes.length || !timingSafeEqual(signature, bytes))
      throw new WireError("wrong signature");
    if (this.#seen.has(expected)) throw new WireError("repeated signature");
    this.#seen.add(expected);
    if (this.#seen.size > rememberedSignatures) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
  }
}

function toObject(frame: Uint8Array, part: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString());
  } catch {
    throw new WireError(`${part} is not JSON`);
  }
  if (!isObject(value)) throw new WireError(`${part} is not an object`);
  return value;
}

/** Half a surrogate pair is legal in a JavaScript string, but Python cannot write it on as UTF-8. */
const halfPair = /\p{Surrogate}/gu;
const escapedHalfPair = /\\ud[89a-f]/i;

function toJson(value: JsonObject): Buffer {
  let text = JSON.stringify(value);
  if (escapedHalfPair.test(text)) {
    text = JSON.stringify(value, (_key, part) =>
      typeof part === "string" ? part.replace(halfPair, "\ufffd") : part,
    );
  }
  return Buffer.from(text);
}

function username(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the system's list, as in some containers.
    return "kernel";
  }
}
