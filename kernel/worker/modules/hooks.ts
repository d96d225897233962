/**
 * Module hooks for notebooks: local TypeScript without a build step, and changed modules loaded anew. They work both
 * in the thread that imports (module.registerHooks) and in a thread of their own (module.register, on older Nodes),
 * where what comes next is asynchronous.
 */
import { existsSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ModuleGraph } from "./graph.ts";
import { transpile } from "./transpile.ts";
import { telling } from "./unfinished.ts";

export interface ResolveContext {
  readonly parentURL?: string | undefined;
  readonly importAttributes?: Readonly<Record<string, string>>;
  readonly conditions?: readonly string[];
}

export interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
  readonly importAttributes?: Readonly<Record<string, string>>;
  readonly shortCircuit?: boolean;
}

export interface Loaded {
  readonly format: string;
  readonly source?: string | NodeJS.ArrayBufferView | ArrayBuffer | undefined;
  readonly shortCircuit?: boolean;
}

/** A value, or a promise of one where the hooks run in their own thread. */
type Soon<T> = T | Promise<T>;
type NextResolve = (specifier: string, context?: ResolveContext) => Soon<Resolved>;
type NextLoad = (url: string, context: object) => Soon<Loaded>;

export interface Hooks {
  resolve(specifier: string, context: ResolveContext, next: NextResolve): Soon<Resolved>;
  load(url: string, context: object, next: NextLoad): Soon<Loaded>;
  /** Has modules that were stopped in their middle loaded anew, under another address, at their next import. */
  retry(urls: readonly string[]): void;
}

export interface HookOptions {
  /** Addresses of the modules that the kernel brings, by what they are imported by. */
  readonly builtins?: Readonly<Record<string, string>>;
  /** Told of local files that have changed and are loaded anew. */
  readonly onReload?: (files: readonly string[]) => void;
  /** Told of each TypeScript file that is loaded: the address that stack traces have, its path, its source map. */
  readonly onLoad?: (url: string, file: string, map: string) => void;
  /** Told the address of each ES and CommonJS module that is imported, before it is evaluated. */
  readonly onBegin?: (url: string) => void;
}

const typescript = /\.[cm]?ts$/;
/** What TypeScript lets stand for a source file: `./a.js` for a.ts, `./a` for a.ts or a/index.ts. */
const sourceFor: Readonly<Record<string, string>> = {
  ".js": ".ts",
  ".mjs": ".mts",
  ".cjs": ".cts",
};

export function createHooks(options: HookOptions = {}): Hooks {
  const { builtins = {}, onReload, onLoad, onBegin } = options;
  const graph = new ModuleGraph();
  /** How often a module was stopped in its middle, by its address without a query. */
  const retries = new Map<string, number>();

  const register = (found: Resolved, parent: string | undefined): Resolved => {
    const resolved = versioned(found, parent);
    const count = retries.get(withoutQuery(resolved.url));
    if (count === undefined) return resolved;
    const url = new URL(resolved.url);
    url.searchParams.set("retry", String(count));
    return { ...resolved, url: url.href };
  };

  const versioned = (resolved: Resolved, parent: string | undefined): Resolved => {
    const file = localFile(resolved.url);
    if (file === undefined) return resolved;
    graph.add(file, parent);
    const url = pathToFileURL(file);
    const version = graph.version(file);
    if (version > 0) url.searchParams.set("version", String(version));
    if (extname(file) === ".json") {
      return { ...resolved, url: url.href, importAttributes: { type: "json" } };
    }
    if (!typescript.test(file)) return { ...resolved, url: url.href };
    const format = file.endsWith(".cts") ? "commonjs" : "module";
    return { ...resolved, url: url.href, format, shortCircuit: true };
  };

  const begun = (url: string) => (loaded: Loaded) => {
    const { format, source } = loaded;
    if (format !== "module" && format !== "commonjs") return loaded;
    onBegin?.(url);
    if (format === "commonjs" || source === undefined) return loaded;
    return { ...loaded, source: telling(source) };
  };

  return {
    resolve(specifier, context, next) {
      const builtin = Object.hasOwn(builtins, specifier) ? builtins[specifier] : undefined;
      if (builtin !== undefined) return { url: builtin, format: "module", shortCircuit: true };
      const parent = localFile(context.parentURL);
      // An import by anything but a local module is one by a cell: the moment to look for changes.
      if (parent === undefined || !graph.has(parent)) {
        const changed = graph.refresh();
        if (changed.length > 0) onReload?.(changed);
      }
      return soon(
        () => next(specifier, context),
        (resolved) => register(resolved, parent),
        (error) => {
          const source = sourceFile(specifier, context.parentURL, error);
          if (source === undefined) throw error;
          return register({ url: pathToFileURL(source).href }, parent);
        },
      );
    },

    load(url, context, next) {
      const file = localFile(url);
      if (file === undefined || !typescript.test(file)) {
        if (!url.startsWith("file:")) return next(url, context);
        return soon(() => next(url, context), begun(url));
      }
      const format = file.endsWith(".cts") ? "commonjs" : "module";
      const { code, map } = transpile(readFileSync(file, "utf8"), file);
      onLoad?.(url, file, map);
      return begun(url)({ format, source: code, shortCircuit: true });
    },

    retry(urls) {
      for (const url of urls.map(withoutQuery)) retries.set(url, (retries.get(url) ?? 0) + 1);
    },
  };
}

const withoutQuery = (url: string) => url.replace(/\?.*$/s, "");

/** The path behind a file address outside of node_modules; undefined for all else. */
function localFile(url: string | undefined): string | undefined {
  if (!url?.startsWith("file:")) return undefined;
  const file = fileURLToPath(url);
  return /[/\\]node_modules[/\\]/.test(file) ? undefined : file;
}

/** The TypeScript file that a path without, or with JavaScript's, ending means. */
function sourceFile(
  specifier: string,
  parentURL: string | undefined,
  error: unknown,
): string | undefined {
  const { code } = error as { code?: string };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "ERR_UNSUPPORTED_DIR_IMPORT") return undefined;
  if (!/^(\.{0,2}\/|file:)/.test(specifier)) return undefined;
  const wanted = fileURLToPath(new URL(specifier, parentURL));
  const ending = extname(wanted);
  const replaced = sourceFor[ending];
  const candidates = replaced
    ? [wanted.slice(0, -ending.length) + replaced]
    : [`${wanted}.ts`, `${wanted}.mts`, `${wanted}.js`, `${wanted}/index.ts`, `${wanted}/index.js`];
  return candidates.find((candidate) => existsSync(candidate));
}

const rethrow = (error: unknown): never => {
  throw error;
};

/** `then` and `otherwise` after `first`, at once if that answers at once. */
function soon<T, R>(
  first: () => Soon<T>,
  then: (value: T) => R,
  otherwise: (error: unknown) => R = rethrow,
) {
  let value: Soon<T>;
  try {
    value = first();
  } catch (error) {
    return otherwise(error);
  }
  return value instanceof Promise ? value.then(then, otherwise) : then(value);
}
