/** Jupyter's message format, written down a second time: the kernel is not tested against itself. */
import { createHmac, randomUUID } from "node:crypto";

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

/** The fields that the kinds of messages have, as far as tests look at them. */
export interface Content {
  readonly [name: string]: unknown;
  readonly status?: string;
  readonly execution_state?: string;
  readonly execution_count?: number;
  readonly name?: string;
  readonly text?: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly user_expressions?: Readonly<Record<string, Content>>;
  readonly matches?: readonly string[];
  readonly cursor_start?: number;
  readonly cursor_end?: number;
  readonly prompt?: string;
  readonly password?: boolean;
}

export interface Message {
  readonly type: string;
  readonly header: Header;
  readonly parent: Partial<Header>;
  readonly metadata: Content;
  readonly content: Content;
  readonly buffers: readonly Buffer[];
}

const delimiter = "<IDS|MSG>";

export function newHeader(type: string, session: string): Header {
  return {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: "test",
    date: new Date().toISOString(),
    version: "5.4",
  };
}

export function encode(
  key: string,
  header: Header,
  content: Content,
  { parent = {}, metadata = {}, buffers = [] as readonly Uint8Array[] } = {},
): (string | Uint8Array)[] {
  const parts = [header, parent, metadata, content].map((part) => JSON.stringify(part));
  return [delimiter, sign(key, parts), ...parts, ...buffers];
}

/** @throws Error if the message is not signed with our key */
export function decode(key: string, frames: readonly Buffer[]): Message {
  const at = frames.findIndex((frame) => frame.toString() === delimiter);
  const [signature = "", ...parts] = frames.slice(at + 1, at + 6).map(String);
  if (at < 0 || parts.length !== 4) throw new Error("The kernel sent a malformed message.");
  if (signature !== sign(key, parts)) throw new Error("The kernel sent an unsigned message.");
  const [header, parent, metadata, content] = parts.map((part) => JSON.parse(part));
  const buffers = frames.slice(at + 6);
  return { type: header.msg_type, header, parent, metadata, content, buffers };
}

export function sign(key: string, parts: readonly (string | Uint8Array)[]): string {
  if (key === "") return "";
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}
