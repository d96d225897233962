/** How a value looks in a notebook. */
import { inspect } from "node:util";
import type { MimeBundle } from "../types.ts";
import { error } from "./errors.ts";
import { canvas, imageBytes } from "./media.ts";
import { map, records, set } from "./records.ts";
import { model, tensor } from "./tensors.ts";
import { plainText } from "./text.ts";
import type { Representation, Representer } from "./types.ts";
import { vega } from "./vega.ts";

export { plainText } from "./text.ts";
export type { Representation } from "./types.ts";

/** A value with such a method is shown by the MIME bundle that it returns: the convention of Deno's kernel. */
const displaySymbol: unique symbol = Symbol.for("Jupyter.display");
/** Beside the data of a bundle: MIME type → how to show it, such as the size of an image. */
const metadataSymbol: unique symbol = Symbol.for("Jupyter.metadata");

const representers: readonly Representer[] = [
  imageBytes,
  canvas,
  vega,
  tensor,
  model,
  records,
  set,
  map,
  error,
];

/**
 * The MIME bundle of a value; undefined for undefined, which shows nothing. A promise only where the value's own
 * display method returns one, and for charts, so that what is shown stays in order with what is printed.
 * @throws what the value's own display method throws, or an error if that returns no bundle
 */
export function represent(
  value: unknown,
): Representation | undefined | Promise<Representation | undefined> {
  if (value === undefined) return undefined;
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    const own = quietly(() => (value as { [displaySymbol]?: unknown })[displaySymbol]);
    if (typeof own === "function") {
      const bundle: unknown = own.call(value);
      return bundle instanceof Promise ? bundle.then(fromBundle) : fromBundle(bundle);
    }
    for (const representer of representers) {
      // A proxy or a getter that throws is nothing that a representer knows.
      const found = quietly(() => representer(value));
      if (found) return found;
    }
  }
  return { data: { "text/plain": plainText(value) }, metadata: {} };
}

/** A MIME bundle that somebody has made, checked: what is not text or JSON would not survive the way. */
export function fromBundle(bundle: unknown): Representation {
  if (typeof bundle !== "object" || bundle === null || Array.isArray(bundle)) {
    throw new TypeError(
      `[Symbol.for("Jupyter.display")]() returned ${inspect(bundle, { depth: 0 })}; expected an object of ` +
        'MIME types and their data, such as { "text/html": "<b>bold</b>" }.',
    );
  }
  const data: MimeBundle = {};
  for (const [mime, content] of Object.entries(bundle)) {
    data[mime] =
      content instanceof Uint8Array
        ? Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64")
        : asJson(mime, content);
  }
  const metadata = (bundle as { [metadataSymbol]?: MimeBundle })[metadataSymbol] ?? {};
  return { data, metadata };
}

/** @throws TypeError that names the MIME type, for what is no JSON */
function asJson(mime: string, content: unknown): unknown {
  if (typeof content === "string") return content;
  try {
    JSON.stringify(content);
    return content;
  } catch (error) {
    throw new TypeError(
      `The data of ${mime} is not a string, bytes or JSON: ${(error as Error).message}`,
    );
  }
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
