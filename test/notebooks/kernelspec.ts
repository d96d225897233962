/** Finds the kernel that a notebook names, as set-up has installed it. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../lib/setup/engine/problem.mjs";

export interface KernelSpec {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly display_name: string;
  readonly language: string;
}

const OWN = "typescript";

/**
 * @param root the project
 * @param name the kernel's name in the notebook; default: ours
 */
export async function findKernel(root: string, name = OWN): Promise<KernelSpec> {
  const kernels = join(root, ".venv", "share", "jupyter", "kernels");
  const file = join(kernels, name, "kernel.json");
  if (existsSync(file)) {
    const text = await readFile(file, "utf8");
    const resources = join(kernels, name);
    const spec = JSON.parse(text) as KernelSpec;
    return { ...spec, argv: spec.argv.map((part) => part.replaceAll("{resource_dir}", resources)) };
  }
  const bundle = join(root, "dist", "kernel", "main.mjs");
  if (name === OWN && existsSync(bundle)) {
    return {
      argv: [process.execPath, bundle, "--conditions=convnet-lab-source", "{connection_file}"],
      display_name: "TypeScript",
      language: "typescript",
    };
  }
  const installed = await readdir(kernels).catch(() => []);
  throw new Problem(
    `The kernel "${name}" is not installed in .venv (there: ${installed.join(", ") || "none"}).`,
    name === OWN ? "npm start -- --setup-only" : `set the notebook's kernel to "${OWN}"`,
  );
}
