import { existsSync } from "node:fs";
import { join } from "node:path";
import { venv, venvPython } from "../../lib/setup/paths.mjs";
import { findChromium, howToGetChromium } from "./chromium.ts";

export const lesson = "05-pretrained-models.ipynb";

/** What of the set-up is not there, and how to get it; undefined where all is. */
export function missingSetup(): string | undefined {
  const kernel = join(venv, "share", "jupyter", "kernels", "typescript", "kernel.json");
  if (existsSync(venvPython(venv)) && existsSync(kernel)) return undefined;
  return "needs .venv with the kernel: npm start -- --setup-only";
}

export function missingBrowser(): string | undefined {
  return findChromium() ? undefined : `needs a browser: ${howToGetChromium}`;
}
