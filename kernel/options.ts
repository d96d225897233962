/** The kernel's command line. */

export interface KernelOptions {
  readonly connectionFile: string;
  /** Conditions of package exports that cells and their types use beside Node's own. */
  readonly conditions: readonly string[];
  /** Cells are type-checked before they run. */
  readonly check: boolean;
}

const usage = "Usage: node main.mjs [--conditions=NAME,…] [--no-check] CONNECTION_FILE";

/** @throws Error that names the argument and says how to call the kernel */
export function readOptions(args: readonly string[]): KernelOptions {
  const conditions: string[] = [];
  const files: string[] = [];
  let check = true;
  for (const arg of args) {
    const [, names] = /^--conditions=(.*)$/.exec(arg) ?? [];
    if (names !== undefined) conditions.push(...names.split(",").filter((name) => name !== ""));
    else if (arg === "--no-check") check = false;
    else if (arg.startsWith("-")) throw new Error(`There is no option ${arg}. ${usage}`);
    else files.push(arg);
  }
  const [connectionFile] = files;
  if (connectionFile === undefined || files.length > 1)
    throw new Error(`${files.length} connection files were given, expected one. ${usage}`);
  return { connectionFile, conditions, check };
}
