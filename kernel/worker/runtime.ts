/** What a cell's compiled code calls while it runs. */
import { createRequire } from "node:module";
import { dirname, isAbsolute } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { CellRuntime, NameBox, PublishedKind } from "../cell/types.ts";
import { Clock } from "./magics/clock.ts";
import { constantError, type Names } from "./names.ts";

export interface RuntimeOptions {
  readonly names: Names;
  /** See `CellRuntime.cell`. */
  readonly cell: () => { readonly isStopped: boolean };
  /** Address of the cell, in the notebook's folder. */
  readonly url: string;
  readonly magic: CellRuntime["magic"];
  /** Shows what a clock tells. */
  readonly say: (text: string) => void;
}

/** Where in a cell an import stands that failed: errors of imports know nothing of who imports. */
export const importSites = new WeakMap<object, { readonly url: string; readonly start: number }>();

export class Runtime implements CellRuntime {
  result: unknown = undefined;
  readonly meta: object;
  readonly url: string;
  /** Names that got a value while the cell ran. */
  readonly reached = new Set<string>();
  readonly #names: Names;
  readonly #clocks: Clock[] = [];
  readonly #say: (text: string) => void;
  readonly magic: CellRuntime["magic"];

  readonly never = new Promise<never>(() => {});
  readonly cell: CellRuntime["cell"];

  constructor({ names, url, cell, magic, say }: RuntimeOptions) {
    this.#names = names;
    this.#say = say;
    this.magic = magic;
    this.cell = cell;
    this.url = url;
    const filename = fileURLToPath(url);
    this.meta = {
      url,
      filename,
      dirname: dirname(filename),
      resolve: (specifier: string) => {
        const found = createRequire(url).resolve(specifier);
        return isAbsolute(found) ? pathToFileURL(found).href : found;
      },
    };
  }

  box(name: string): NameBox {
    return this.#names.box(name);
  }

  peek(name: string): unknown {
    const found = this.#names.get(name);
    return found.exists || name in globalThis || this.#names.result(name)
      ? found.box[name]
      : undefined;
  }

  publish(kind: PublishedKind, values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) {
      const found = this.#names.get(name);
      this.reached.add(name);
      // `var x;` lets an x that exists keep its value.
      if (kind === "hoisted") found.hoist();
      else found.declare(value, kind === "const");
    }
  }

  constant(name: string): object {
    const { box } = this.#names.get(name);
    return Object.create(null, {
      [name]: {
        get: () => box[name],
        set: () => {
          throw constantError(name);
        },
      },
    });
  }

  async load(module: Promise<unknown>, start: number): Promise<object> {
    try {
      return (await module) as object;
    } catch (error) {
      if (typeof error === "object" && error !== null) {
        importSites.set(error, { url: this.url, start });
      }
      throw error;
    }
  }

  bind(module: object, specifier: string, names: Readonly<Record<string, string>>): void {
    for (const [local, exported] of Object.entries(names)) {
      const name = this.#names.get(local);
      const get = exportGetter(module as Record<string, unknown>, exported);
      if (get) {
        this.reached.add(local);
        if (exported === "*") name.declare(module, true);
        else name.bind(get);
      } else {
        // It may be a type, which nothing at run time tells.
        name.remove(`${specifier} does not export a value named ${exported}`);
      }
    }
  }

  time(): void {
    this.#clocks.push(new Clock());
  }

  timed(): void {
    const clock = this.#clocks.pop();
    if (clock) this.#say(clock.report());
  }

  /** The code has ended, and with it all that was timed. */
  ended(): void {
    while (this.#clocks.length > 0) this.timed();
  }

  required(module: object): unknown {
    if ("module.exports" in module) return module["module.exports"];
    return "default" in module ? module.default : module;
  }
}

/** Reads an export each time it is used, as it can change; undefined where there is none. */
function exportGetter(
  module: Record<string, unknown>,
  exported: string,
): (() => unknown) | undefined {
  if (exported === "*") return () => module;
  if (exported in module) return () => module[exported];
  // Not all that a CommonJS module exports is found without running it, and of JSON nothing is.
  const whole = module.default as Record<string, unknown> | null | undefined;
  const holdsNames = typeof whole === "function" || (typeof whole === "object" && whole !== null);
  return holdsNames && exported in whole ? () => whole[exported] : undefined;
}
