/** The kernel as it is shipped, built once for all test files of a run. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildKernel } from "../../kernel/build.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Inside of the project, from where the packages that are not bundled are found. */
const folder = join(root, "dist");
const prefix = "test-kernel-";

let built: Promise<string> | undefined;

/**
 * @returns path of the kernel's entry. `KERNEL_ENTRY` names another one, to test a kernel that is installed somewhere.
 */
export function builtKernel(): Promise<string> {
  const { KERNEL_ENTRY } = process.env;
  built ??= KERNEL_ENTRY ? Promise.resolve(KERNEL_ENTRY) : build();
  return built;
}

async function build(): Promise<string> {
  removeLeftovers();
  const outDir = join(folder, `${prefix}${process.pid}`);
  process.once("exit", () => rmSync(outDir, { recursive: true, force: true }));
  await buildKernel({ outDir });
  return join(outDir, "main.mjs");
}

/** Of runs that were killed. */
function removeLeftovers(): void {
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.startsWith(prefix));
  } catch {
    // There is no such folder yet.
  }
  for (const name of names) {
    if (!isRunning(Number(name.slice(prefix.length))))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
