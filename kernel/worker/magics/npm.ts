/** `%npm install …`: packages for the notebook, with their types. */
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import type { MagicOptions, MagicUse } from "./index.ts";
import { runProgram } from "./program.ts";
import { MagicError, words } from "./words.ts";

const installs = new Set(["install", "i", "in", "ins", "inst", "isntall", "add"]);

export async function npm(
  { cell, parts, values }: MagicUse,
  directory: string,
  put: MagicOptions["put"],
): Promise<void> {
  const args = words(parts, values);
  const [command] = args;
  if (command === undefined)
    throw new MagicError("%npm takes the arguments of npm, such as %npm install lodash.");
  const folder = packageFolder(directory);
  const run = (more: readonly string[], quiet = false) => {
    const [program, ...head] = npmProgram();
    return runProgram(program, [...head, ...more], {
      ...{ cell, put, quiet, cwd: folder },
      env: {
        ...process.env,
        // The Node that runs the cells is that of the packages' scripts too.
        PATH: [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter),
        npm_config_fund: "false",
        npm_config_update_notifier: "false",
      },
      verbatim: false,
    });
  };
  const isInstall = installs.has(command);
  const isLocal = !args.some((arg) => /^(?:-g|--global|--prefix(?:=.*)?)$/.test(arg));
  const before = dependencies(folder);
  // Else npm would take a folder above that holds packages.
  const prefix = isInstall && isLocal ? ["--prefix", folder] : [];
  const end = await run([...args.map((arg) => asPath(arg, folder)), ...prefix]);
  if (end !== undefined) {
    if (cell.isStopped) return;
    throw new MagicError(`npm ${args.join(" ")} failed: ${end}.`);
  }
  if (!isInstall || !isLocal) return;
  const after = dependencies(folder);
  const wanted = [...after.keys()].filter((name) => isAsked(name, args, before, after));
  const missing = wanted.map((name) => typesFor(folder, name)).filter((name) => name !== undefined);
  for (const name of missing) {
    if (cell.isStopped) return;
    const failed = await run(["install", "--save-dev", name, ...prefix], true);
    if (failed === undefined) put(cell, "stdout", `added ${name}\n`);
  }
}

/** Where the nearest package.json is, or else the notebook's folder. */
function packageFolder(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return directory;
  }
}

/** npm as it came with the Node that runs, or else the one that the system finds. */
function npmProgram(): [string, ...string[]] {
  const folder = dirname(process.execPath);
  const places = [
    join(folder, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(folder, "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  const cli = places.find((place) => existsSync(place));
  return cli ? [process.execPath, cli] : ["npm"];
}

/** Files are named from the working directory, and npm runs elsewhere. */
function asPath(arg: string, folder: string): string {
  const isPath = /^(?:\.{1,2}(?:\/|$)|~\/)/.test(arg) || /\.(?:tgz|tar\.gz|tar)$/.test(arg);
  if (!isPath || /^\w+:/.test(arg) || process.cwd() === folder) return arg;
  const path = resolve(arg);
  return existsSync(path) ? path : arg;
}

function dependencies(folder: string): Map<string, string> {
  const manifest = readJson(join(folder, "package.json"));
  const all = { ...asRecord(manifest?.dependencies), ...asRecord(manifest?.devDependencies) };
  return new Map(Object.entries(all).map(([name, range]) => [name, String(range)]));
}

function isAsked(
  name: string,
  args: readonly string[],
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): boolean {
  if (before.get(name) !== after.get(name)) return true;
  return args.some((arg) => arg === name || arg.startsWith(`${name}@`));
}

/** The package that declares a package's types; undefined where it declares them itself or they are there. */
function typesFor(folder: string, name: string): string | undefined {
  if (name.startsWith("@types/")) return undefined;
  const home = join(folder, "node_modules", name);
  const manifest = readJson(join(home, "package.json"));
  if (!manifest) return undefined;
  const main = typeof manifest.main === "string" ? manifest.main : "index.js";
  const declares =
    manifest.types !== undefined ||
    manifest.typings !== undefined ||
    /"types"|\.d\.[cm]?ts"/.test(JSON.stringify(manifest.exports ?? "")) ||
    existsSync(join(home, "index.d.ts")) ||
    existsSync(join(home, `${main.replace(/\.[cm]?js$/, "")}.d.ts`));
  const types = `@types/${name.replace(/^@/, "").replace("/", "__")}`;
  if (declares || existsSync(join(folder, "node_modules", types))) return undefined;
  return types;
}

function readJson(file: string): Record<string, unknown> | undefined {
  try {
    return asRecord(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
