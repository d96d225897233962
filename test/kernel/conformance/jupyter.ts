/** Jupyter's own programs, for kernels that are installed in a folder of their own. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const python =
  process.env.PYTHON ?? fileURLToPath(new URL("../../../.venv/bin/python", import.meta.url));

/** Whether the Python of the tests has these modules. */
export function hasModules(...modules: readonly string[]): boolean {
  if (!existsSync(python)) return false;
  return spawnSync(python, ["-c", `import ${modules.join(", ")}`]).status === 0;
}

/** Environment variables with which Jupyter knows the kernels of `prefix` first, and keeps its files there. */
export function environmentOf(prefix: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    JUPYTER_PATH: join(prefix, "share", "jupyter"),
    JUPYTER_DATA_DIR: join(prefix, "data"),
    JUPYTER_CONFIG_DIR: join(prefix, "config"),
  };
}

/** Runs a Python module in `prefix`, or in another folder. */
export function runPython(
  prefix: string,
  args: readonly string[],
  { cwd = prefix, program = python } = {},
): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd, encoding: "utf8", env: environmentOf(prefix) });
}

export interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly ename?: string;
}

export interface Cell {
  readonly source: string | readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly execution_count: number | null;
  readonly outputs: readonly Output[];
}

/** The text of a notebook. A source that begins with `// parameters` has that tag. */
export function notebook(sources: readonly string[], kernel = "typescript"): string {
  const cells = sources.map((source, index) => ({
    ...{ cell_type: "code", id: `cell-${index}`, source, execution_count: null, outputs: [] },
    metadata: source.startsWith("// parameters") ? { tags: ["parameters"] } : {},
  }));
  const kernelspec = { name: kernel, display_name: "TypeScript", language: "typescript" };
  return JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 });
}

/** What a cell printed and its result, as text. */
export function textOf({ outputs }: Cell): string {
  return outputs
    .map(({ text, data }) => [text ?? data?.["text/plain"] ?? ""].flat().join(""))
    .join("");
}
