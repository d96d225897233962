/**
 * Which files outside the notebook its cells depend on, and what became of them since the last look. The language
 * server does not watch the disk by itself; looking before each question costs a `stat` per file.
 */
import { readFileSync, type Stats, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, sep } from "node:path";
import { parseSync } from "oxc-parser";
import { ResolverFactory } from "oxc-resolver";
import { baseConfigs } from "./config.ts";
import type { LanguageOptions } from "./types.ts";

export interface Changes {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** A package was installed, updated or removed. */
  readonly packages: boolean;
}

interface TrackedFile {
  readonly stamp: string;
  /** How it came to be tracked, to look for it again when it is gone. */
  readonly request: Request | undefined;
}

interface Request {
  readonly directory: string;
  readonly specifier: string;
}

const codeExtensions = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"]);
const inPackages = `${sep}node_modules${sep}`;

export class Disk {
  readonly #directory: string;
  /** Relative imports: the compiler knows such a file by the path it was found at. */
  readonly #lexical: ResolverFactory;
  /** Packages: the compiler follows the links in `node_modules`. */
  readonly #real: ResolverFactory;
  readonly #files = new Map<string, TrackedFile>();
  /** Imports that led nowhere, so that a file made later is seen. */
  readonly #unresolved = new Map<string, Request>();
  readonly #seen = new Set<string>();
  #packagesStamp: string;

  constructor({ directory, conditions }: LanguageOptions) {
    this.#directory = directory;
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
    this.#packagesStamp = this.#readPackagesStamp();
  }

  /** Watches the local modules that a cell imports, and those that they import. */
  track(specifiers: readonly string[]): void {
    const requests = specifiers.map((specifier) => ({ directory: this.#directory, specifier }));
    if (requests.some((request) => !this.#seen.has(keyOf(request)))) this.#clearCache();
    for (const request of requests) this.#track(request);
  }

  /** What happened to the tracked files since the last call. */
  look(): Changes {
    const created: string[] = [];
    const changed: string[] = [];
    const deleted: string[] = [];
    for (const [path, { stamp, request }] of this.#files) {
      const now = stampOf(path);
      if (now === stamp) continue;
      if (now === undefined) {
        deleted.push(path);
        this.#files.delete(path);
        if (request) this.#unresolved.set(keyOf(request), request);
      } else {
        changed.push(path);
        this.#add(path, request);
      }
    }
    for (const path of baseConfigs(this.#directory)) if (!this.#files.has(path)) this.#add(path);
    if (this.#unresolved.size > 0) {
      this.#clearCache();
      for (const [key, request] of this.#unresolved) {
        const path = this.#resolve(request);
        if (path === undefined) continue;
        this.#unresolved.delete(key);
        if (path.includes(inPackages) || this.#files.has(path)) continue;
        created.push(path);
        this.#add(path, request);
      }
    }
    const packagesStamp = this.#readPackagesStamp();
    const packages = packagesStamp !== this.#packagesStamp;
    this.#packagesStamp = packagesStamp;
    if (packages) this.#clearCache();
    return { created, changed, deleted, packages };
  }

  #track(request: Request): void {
    const key = keyOf(request);
    if (this.#seen.has(key) || isBuiltin(request.specifier)) return;
    this.#seen.add(key);
    const path = this.#resolve(request);
    if (path === undefined) {
      this.#unresolved.set(key, request);
    } else if (!path.includes(inPackages) && !this.#files.has(path)) {
      this.#add(path, request);
    }
  }

  #resolve({ directory, specifier }: Request): string | undefined {
    const resolver = isPath(specifier) ? this.#lexical : this.#real;
    return resolver.sync(directory, specifier).path;
  }

  #clearCache(): void {
    this.#lexical.clearCache();
    this.#real.clearCache();
  }

  #add(path: string, request?: Request): void {
    const stamp = stampOf(path);
    if (stamp === undefined) return;
    this.#files.set(path, { stamp, request });
    if (!codeExtensions.has(extname(path))) return;
    const directory = dirname(path);
    for (const specifier of importsOf(path)) this.#track({ directory, specifier });
  }

  /** Package managers touch these when they install, update or remove something. */
  #readPackagesStamp(): string {
    const stamps = [];
    for (let folder = this.#directory; ; folder = dirname(folder)) {
      const packages = join(folder, "node_modules");
      for (const path of [
        packages,
        join(packages, ".package-lock.json"),
        join(packages, "@types"),
      ]) {
        stamps.push(stampOf(path) ?? "");
      }
      if (dirname(folder) === folder) return stamps.join();
    }
  }
}

function isPath(specifier: string): boolean {
  return /^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier);
}

function keyOf({ directory, specifier }: Request): string {
  return `${directory}\0${specifier}`;
}

function stampOf(path: string): string | undefined {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // No permission, or a part of the path is no folder: as good as not there.
  }
  return stats && `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
}

/** The specifiers of static imports, re-exports and `import("…")` in a file. */
function importsOf(path: string): Set<string> {
  const specifiers = new Set<string>();
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch {
    return specifiers;
  }
  const { module } = parseSync(path, source);
  for (const { moduleRequest } of module.staticImports) specifiers.add(moduleRequest.value);
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest) specifiers.add(moduleRequest.value);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(["'`])(.*)\1$/s.exec(source.slice(moduleRequest.start, moduleRequest.end));
    if (literal) specifiers.add(literal[2]!);
  }
  return specifiers;
}
