/**
 * The compiler options of a notebook: those of the nearest `tsconfig.json`, except where the kernel itself
 * decides how a cell is compiled and run.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { builtinModules } from "../builtin/index.ts";
import { pathsOf } from "./paths.ts";
import type { LanguageOptions } from "./types.ts";

/** What the kernel does with cells, whatever `tsconfig.json` says. */
const runtimeOptions = {
  target: "esnext",
  // A cell is an ES module with `await` at its top level; local modules are found with and without extension.
  module: "preserve",
  moduleResolution: "bundler",
  moduleDetection: "force",
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  allowJs: true,
  checkJs: false,
  // The kernel lowers every syntax and drops types by itself.
  erasableSyntaxOnly: false,
  verbatimModuleSyntax: false,
  isolatedModules: false,
  isolatedDeclarations: false,
  noEmit: true,
  composite: false,
  incremental: false,
  declaration: false,
  declarationMap: false,
  skipLibCheck: true,
  // What one cell declares is for other cells to use.
  noUnusedLocals: false,
  noUnusedParameters: false,
  allowUnusedLabels: true,
  allowUnreachableCode: true,
};

/** Where no `tsconfig.json` says otherwise. A notebook runs in Node, so there is no DOM. */
const defaultOptions = { strict: true, lib: ["esnext"], types: [] };

/** The nearest `tsconfig.json` in `directory` or above it. */
export function findConfig(directory: string): string | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    const file = join(folder, "tsconfig.json");
    if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The nearest `tsconfig.json` and those that it extends. */
export function baseConfigs(directory: string): Set<string> {
  const files = new Set<string>();
  const nearest = findConfig(directory);
  const stack = nearest === undefined ? [] : [nearest];
  for (let file = stack.pop(); file !== undefined; file = stack.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    stack.push(...extendedBy(file));
  }
  return files;
}

function extendedBy(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  // The file may hold comments, so it is not parsed; a wrong guess is only a file looked at in vain.
  const [, value] = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(text) ?? [];
  const names = [...(value ?? "").matchAll(/"([^"]*)"/g)].map(([, name]) => name!);
  return names.flatMap((name) => {
    if (!/^\.|^\//.test(name))
      return resolveFrom(file, name) ?? resolveFrom(file, `${name}.json`) ?? [];
    const path = resolve(dirname(file), name);
    return path.endsWith(".json") ? path : `${path}.json`;
  });
}

/**
 * The text of the generated configuration, which stands in the notebook's folder without being written there.
 * @param roots names of virtual documents in the folder.
 */
export function configText(options: LanguageOptions, roots: readonly string[]): string {
  const base = findConfig(options.directory);
  return JSON.stringify({
    ...(base && { extends: slashed(base) }),
    compilerOptions: {
      ...(!base && defaultOptions),
      ...runtimeOptions,
      // An option of this name replaces that of the configuration that is extended.
      paths: { ...pathsOf([...baseConfigs(options.directory)]), ...builtinPaths() },
      customConditions: [...new Set([...options.conditions, "node"])],
    },
    files: [...roots, ...ambientFiles(options.directory).map(slashed)],
    include: [],
    typeAcquisition: { enable: false },
  });
}

/** The sources of the modules that the kernel brings. */
function builtinPaths(): Record<string, string[]> {
  const folder = new URL("../builtin/", import.meta.url);
  const entries = Object.entries(builtinModules);
  return Object.fromEntries(
    entries.map(([name, path]) => [name, [slashed(fileURLToPath(new URL(`${path}.ts`, folder)))]]),
  );
}

function slashed(path: string): string {
  return path.replaceAll(sep, "/");
}

/** Declarations of what every cell can use: Node's own, and those of the kernel. */
function ambientFiles(directory: string): string[] {
  const files = [];
  const node = resolveFrom(join(directory, "_"), "@types/node/package.json");
  const own = () => resolveFrom(fileURLToPath(import.meta.url), "@types/node/package.json");
  const nodeTypes = node ?? own();
  if (nodeTypes) files.push(join(dirname(nodeTypes), "index.d.ts"));
  const globals = fileURLToPath(new URL("../worker/globals.d.ts", import.meta.url));
  if (existsSync(globals)) files.push(globals);
  return files;
}

function resolveFrom(file: string, specifier: string): string | undefined {
  try {
    return createRequire(file).resolve(specifier);
  } catch {
    return undefined;
  }
}
