/** The Python of the environment that the set-up made, for comparing with the originals. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pythonEnvironment } from "../../lib/tensorflow/index.ts";

/** @throws {Error} there is no environment, or no Python in it */
export function python(): string {
  const folder = pythonEnvironment()?.folder ?? "";
  const found = [join(folder, "bin", "python"), join(folder, "Scripts", "python.exe")].find(
    existsSync,
  );
  if (!found) throw new Error(`There is no Python in ${folder || "any environment"}.`);
  return found;
}
