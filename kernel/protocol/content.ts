/** Reading the content of requests, which may come from any program. */
import { isObject, type JsonObject } from "./message.ts";

/** A request's content is not as the protocol says. */
export class ContentError extends Error {
  override name = "ProtocolError";
}

export function readText(content: JsonObject, name: string, fallback?: string): string {
  const value = content[name] ?? fallback;
  if (typeof value !== "string") throw wrong(name, "a string", value);
  return value;
}

export function readFlag(content: JsonObject, name: string, fallback: boolean): boolean {
  const value = content[name] ?? fallback;
  if (typeof value !== "boolean") throw wrong(name, "true or false", value);
  return value;
}

export function readInteger(content: JsonObject, name: string, fallback: number): number {
  const value = content[name] ?? fallback;
  if (!Number.isSafeInteger(value)) throw wrong(name, "an integer", value);
  return value as number;
}

export function readObject(content: JsonObject, name: string): JsonObject {
  const value = content[name] ?? {};
  if (!isObject(value)) throw wrong(name, "an object", value);
  return value;
}

function wrong(name: string, expected: string, value: unknown): ContentError {
  const shown = value === undefined ? "missing" : JSON.stringify(value).slice(0, 100);
  return new ContentError(`${name} is ${shown}, expected ${expected}`);
}
