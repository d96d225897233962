/**
 * Modules that were begun and are not at their end. One that an interrupt has stopped never gets there: to the engine
 * it is being evaluated for ever, and whoever imports it again waits as long. So it has to be given another address.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

type Source = string | NodeJS.ArrayBufferView | ArrayBuffer;

/** Where modules find whom to tell that they are at their end. A thread or a child may lack it. */
const ended = "notebook.moduleEnded";

/**
 * An ES module that tells when it is at its end. It may have names of its own for anything, such as d3's `Symbol`; one
 * that cannot tell because of that is loaded anew after the next interrupt, which is no harm.
 */
export function telling(source: Source): Source {
  const end = `\n;try { globalThis["${ended}"]?.(import.meta.url) } catch {}\n`;
  if (typeof source === "string") return source + end;
  const bytes = ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source);
  return Buffer.concat([bytes, Buffer.from(end)]);
}

export class Unfinished {
  readonly #begun = new Set<string>();

  /** @param hear has those heard of that have begun */
  constructor(hear: () => void = () => {}) {
    const end = (url: string) => {
      hear();
      this.#begun.delete(url);
    };
    Object.defineProperty(globalThis, ended, { value: end });
  }

  /** @param url of an ES or a CommonJS module that is about to be evaluated */
  begin(url: string): void {
    this.#begun.add(url);
  }

  /** Addresses of the modules that have not come to their end; they are asked for once. */
  take(): string[] {
    const { cache } = createRequire(import.meta.url);
    const taken = [...this.#begun].filter((url) => !cache[fileURLToPath(url)]?.loaded);
    this.#begun.clear();
    // CommonJS would hand out what a module had exported up to where it was stopped.
    for (const [path, module] of Object.entries(cache)) if (!module?.loaded) delete cache[path];
    return taken;
  }
}
