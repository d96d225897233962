/** esbuild, whose helper process can be ended from outside, by Ctrl-C in a terminal for one, and then starts anew. */
import { createRequire } from "node:module";
import type { TransformOptions, TransformResult } from "esbuild";

const require = createRequire(import.meta.url);

/** Loaded when first needed, and not by `import`, which takes four times as long to find out what it exports. */
function load(): typeof import("esbuild") {
  return require("esbuild");
}

const hasEnded = /The service (?:was stopped|is no longer running)|EPIPE/;

export async function transform(code: string, options: TransformOptions): Promise<TransformResult> {
  const esbuild = load();
  try {
    return await esbuild.transform(code, options);
  } catch (error) {
    if (!hasEnded.test(String(error))) throw error;
    await esbuild.stop();
    return await esbuild.transform(code, options);
  }
}

/** For module hooks, which may not wait. */
export function transformSync(code: string, options: TransformOptions): TransformResult {
  const esbuild = load();
  try {
    return esbuild.transformSync(code, options);
  } catch (error) {
    if (!hasEnded.test(String(error))) throw error;
    void esbuild.stop();
    return esbuild.transformSync(code, options);
  }
}
