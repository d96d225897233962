import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * The native compiler's executable: `typescript` itself knows which platform package holds it.
 * @throws Error where either is missing.
 */
export async function findExecutable(): Promise<string> {
  try {
    const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
    const finder = pathToFileURL(join(dirname(manifest), "lib", "getExePath.js"));
    const { default: getExePath } = (await import(finder.href)) as { default: () => string };
    return getExePath();
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split("\n");
    throw new Error(
      `TypeScript's compiler for ${process.platform}-${process.arch} was not found (${reason}): ` +
        "install the kernel's packages again, optional ones too.",
    );
  }
}
