/**
 * The originals' own results: live, where a Python has them (`build/peers`, which `npm run bench -- coco` makes, the
 * one that CONVNET_LAB_PEERS names, or the environment of the set-up), and as recorded by record.ts.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { venv, venvPython } from "../../../lib/setup/paths.mjs";
import { findPeers } from "../../bench/peers.ts";

const run = promisify(execFile);

/** A Python that has the module, or undefined. */
export async function pythonWith(module: string): Promise<string | undefined> {
  for (const python of [await findPeers(), venvPython(venv)]) {
    if (!python || !existsSync(python)) continue;
    const has = await run(python, ["-c", `import ${module}`]).catch(() => undefined);
    if (has) return python;
  }
  return undefined;
}

/** Runs one of the scripts beside this file on cases. */
export async function evaluateIn<Result>(
  python: string,
  script: string,
  cases: unknown,
  ...args: readonly string[]
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "convnet-lab-reference-"));
  try {
    const [input, output] = [join(folder, "cases.json"), join(folder, "results.json")] as const;
    writeFileSync(input, JSON.stringify(cases));
    const file = fileURLToPath(new URL(script, import.meta.url));
    await run(python, ["-B", file, input, output, ...args], { maxBuffer: 2 ** 26 });
    return JSON.parse(readFileSync(output, "utf8")) as Result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const recordedFile = (name: string) => new URL(`recorded/${name}.json`, import.meta.url);

export function recorded<Result>(name: string): Result {
  return JSON.parse(readFileSync(recordedFile(name), "utf8")) as Result;
}

/** One line for each entry of a list; 12 digits, which is what is compared. */
export function record(name: string, result: unknown): void {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, part) =>
      typeof part === "number" && !Number.isInteger(part) ? Number(part.toFixed(12)) : part,
    );
  const lines = Array.isArray(result) ? `[\n${result.map(text).join(",\n")}\n]` : text(result);
  writeFileSync(recordedFile(name), `${lines}\n`);
}
