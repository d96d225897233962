/** esbuild, whose helper process can be ended from outside, by Ctrl-C in a terminal for one, and then starts anew. */
import { createRequire } from "node:module";
import type { TransformOptions, TransformResult } from "esbuild";

const hasEnded = /The service (?:was stopped|is no longer running)|EPIPE/;

export async function transform(code: string, options: TransformOptions): Promise<TransformResult> {
  // Loaded when first needed, as it takes longer than all else that the front loads.
  const esbuild = await import("esbuild");
  try {
    return await esbuild.transform(code, options);
  } catch (error) {
    if (!hasEnded.test(String(error))) throw error;
    await esbuild.stop();
    return await esbuild.transform(code, options);
  }
}

const require = createRequire(import.meta.url);

/** For module hooks, which may not wait. */
export function transformSync(code: string, options: TransformOptions): TransformResult {
  const esbuild = require("esbuild") as typeof import("esbuild");
  try {
    return esbuild.transformSync(code, options);
  } catch (error) {
    if (!hasEnded.test(String(error))) throw error;
    void esbuild.stop();
    return esbuild.transformSync(code, options);
  }
}
