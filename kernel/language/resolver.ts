/** Where imports lead, as the compiler finds them. */
import { isBuiltin } from "node:module";
import { sep } from "node:path";
import { ResolverFactory } from "oxc-resolver";
import { builtinModules } from "../builtin/index.ts";

const inPackages = `${sep}node_modules${sep}`;

/** The path of a local file, or that it is something else, or nothing. */
export type Resolution = { readonly path: string } | "not local" | "missing";

export class Resolver {
  /** Paths: the compiler knows such a file by the path it was found at. */
  readonly #lexical: ResolverFactory;
  /** Packages: the compiler follows the links in `node_modules`. */
  readonly #real: ResolverFactory;

  constructor(conditions: readonly string[]) {
    const options = {
      conditionNames: [...conditions, "types", "import", "node"],
      extensions: [".ts", ".tsx", ".mts", ".d.ts", ".js", ".jsx", ".mjs", ".json"],
      extensionAlias: {
        ".js": [".ts", ".tsx", ".d.ts", ".js"],
        ".mjs": [".mts", ".d.mts", ".mjs"],
        ".cjs": [".cts", ".d.cts", ".cjs"],
      },
    };
    this.#lexical = new ResolverFactory({ ...options, symlinks: false });
    this.#real = new ResolverFactory({ ...options, symlinks: true });
  }

  /** A package that leads out of `node_modules`, such as the notebook's own, is local. */
  resolve(directory: string, specifier: string): Resolution {
    if (isBuiltin(specifier) || Object.hasOwn(builtinModules, specifier)) return "not local";
    const isPath = /^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier);
    const { path } = (isPath ? this.#lexical : this.#real).sync(directory, specifier);
    if (path === undefined) return "missing";
    return path.includes(inPackages) ? "not local" : { path };
  }

  /** Forgets what was and was not on disk. */
  clear(): void {
    this.#lexical.clearCache();
    this.#real.clearCache();
  }
}
