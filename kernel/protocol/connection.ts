/** The connection file: where the kernel listens and the key that signs its messages. */
import { getHashes } from "node:crypto";
import { readFileSync } from "node:fs";
import { isObject, type JsonObject } from "./message.ts";

export const channels = ["shell", "control", "stdin", "iopub", "hb"] as const;
export type Channel = (typeof channels)[number];

export interface Connection {
  /** ZeroMQ addresses. */
  readonly endpoints: Readonly<Record<Channel, string>>;
  /** Empty: messages are not signed. */
  readonly key: string;
  /** Hash function of the signature, as `node:crypto` names it. */
  readonly hash: string;
}

/** @throws Error that names the file and what is wrong with it */
export function readConnection(file: string): Connection {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`Cannot read the connection file ${file}: ${(error as Error).message}`);
  }
  try {
    if (!isObject(content)) throw new Error("expected a JSON object");
    return parseConnection(content);
  } catch (error) {
    throw new Error(`The connection file ${file} is not valid: ${(error as Error).message}`);
  }
}

function parseConnection(content: JsonObject): Connection {
  const text = (name: string, fallback: string): string => {
    const value = content[name] ?? fallback;
    if (typeof value !== "string") throw new Error(`${name} is ${shown(value)}, expected a string`);
    return value;
  };
  const transport = text("transport", "tcp");
  if (transport !== "tcp" && transport !== "ipc")
    throw new Error(`transport is ${shown(transport)}, expected "tcp" or "ipc"`);
  const scheme = text("signature_scheme", "hmac-sha256");
  const hash = scheme.replace(/^hmac-/, "");
  if (hash === scheme || !getHashes().includes(hash))
    throw new Error(`signature_scheme is ${shown(scheme)}, expected for example "hmac-sha256"`);
  const ip = text("ip", transport === "tcp" ? "127.0.0.1" : "kernel-ipc");
  const endpoint = (channel: Channel): [Channel, string] => {
    const port = content[`${channel}_port`];
    if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65535)
      throw new Error(`${channel}_port is ${shown(port)}, expected a number from 1 to 65535`);
    if (transport === "ipc") return [channel, `ipc://${ip}-${port}`];
    return [channel, `tcp://${ip.includes(":") ? `[${ip}]` : ip}:${port}`];
  };
  const endpoints = Object.fromEntries(channels.map(endpoint)) as Record<Channel, string>;
  return { endpoints, key: text("key", ""), hash };
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}
