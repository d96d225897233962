/** Bytes in the state of a widget travel beside its JSON, each with the path to the place that it was taken from. */

export type Path = readonly (string | number)[];

export interface Separated {
  readonly state: Record<string, unknown>;
  readonly paths: readonly Path[];
  readonly buffers: readonly Uint8Array[];
}

/** Takes the bytes out: out of objects with their key, and in arrays null stays in their place. */
export function separateBuffers(state: Readonly<Record<string, unknown>>): Separated {
  const paths: Path[] = [];
  const buffers: Uint8Array[] = [];
  const separate = (value: unknown, path: Path): unknown => {
    const bytes = asBytes(value);
    if (bytes) {
      paths.push(path);
      buffers.push(bytes);
      return undefined;
    }
    if (Array.isArray(value))
      return value.map((item, index) => separate(item, [...path, index]) ?? null);
    if (typeof value !== "object" || value === null) return value;
    const copy: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const found = separate(item, [...path, key]);
      if (found !== undefined) copy[key] = found;
    }
    return copy;
  };
  return { state: separate(state, []) as Record<string, unknown>, paths, buffers };
}

/**
 * Puts the bytes back.
 * @throws TypeError where a path leads nowhere
 */
export function insertBuffers(
  state: Record<string, unknown>,
  paths: readonly Path[],
  buffers: readonly Uint8Array[],
): void {
  for (const [at, path] of paths.entries()) {
    let place: unknown = state;
    for (const key of path.slice(0, -1)) place = own(place, key);
    const last = path.at(-1);
    if (typeof place !== "object" || place === null || last === undefined || last === "__proto__") {
      throw new TypeError(`There is no place ${JSON.stringify(path)} for a buffer.`);
    }
    (place as Record<string | number, unknown>)[last] = buffers[at];
  }
}

function own(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}

export function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return new Uint8Array(value);
  return undefined;
}
