/** Bundles the kernel into a few files, as one that loads a hundred small ones starts slowly. */
import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = fileURLToPath(new URL(".", import.meta.url));

/** Packages with native parts, or with files that they look for beside themselves. */
export const external = ["zeromq", "esbuild", "oxc-parser", "oxc-resolver", "typescript"];

/** Files that are read at run time, under the same path in the output. */
const assets = ["worker/globals.d.ts"];

/** The modules that cells import from the kernel. Their sources go along, as the types that cells are checked with. */
const builtins = ["comms", "display", "tslab", "widgets/index"];

/**
 * Writes the kernel: `main.mjs` is what Jupyter starts. The packages that it does not hold must be resolvable from
 * `outDir`.
 *
 * @param {object} options
 * @param {string} options.outDir
 */
export async function buildKernel({ outDir }) {
  // Their names change with their content.
  await rm(join(outDir, "parts"), { recursive: true, force: true });
  await build({
    absWorkingDir: source,
    entryPoints: [
      { in: "main.ts", out: "main" },
      { in: "worker/process.ts", out: "worker/process" },
      { in: "worker/modules/hooks-thread.ts", out: "worker/hooks-thread" },
      ...builtins.map((path) => ({ in: `builtin/${path}.ts`, out: `builtin/${path}` })),
    ],
    outdir: resolve(outDir),
    outExtension: { ".js": ".mjs" },
    // In a folder, so that what lies beside a room of the source lies beside its bundled code too.
    chunkNames: "parts/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external,
    logLevel: "error",
  });
  await mkdir(join(outDir, "worker"), { recursive: true });
  await cp(join(source, "builtin"), join(outDir, "builtin"), { recursive: true });
  for (const file of assets) await copyFile(join(source, file), join(outDir, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildKernel({ outDir: fileURLToPath(new URL("../dist/kernel", import.meta.url)) });
}
