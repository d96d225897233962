import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Problem } from "../engine/problem.mjs";
import { filesBelow, hashFiles } from "../tools/files.mjs";
import { lockedPackages } from "./npm.mjs";

/** By which the lessons name it. */
const kernelName = "typescript";

/** Lets cells import the sources of the library, so that an edit needs no build. */
const conditions = ["convnet-lab-source"];

/**
 * `dist/kernel`: the kernel, bundled so that it starts fast.
 *
 * @param {string} root
 * @returns {import("../engine/engine.mjs").Step}
 */
export function kernelStep(root) {
  const kernel = join(root, "kernel");
  return {
    id: "kernel",
    title: "kernel (dist/kernel)",
    product: join(root, "dist", "kernel"),
    after: ["npm"],
    inputs: () => ({
      sources: hashFiles(filesBelow(kernel), root),
      packages: lockedPackages(join(root, "package-lock.json")),
    }),
    async make({ target }) {
      // Loaded only now: it needs the npm packages.
      const { buildKernel } = await import(pathToFileURL(join(kernel, "build.mjs")).href);
      try {
        await buildKernel({ outDir: target });
      } catch (cause) {
        throw new Problem("The kernel cannot be bundled, for the errors above.", "npm run check", {
          cause,
        });
      }
    },
  };
}

/**
 * The kernel's entry in the environment's own list of kernels; the user's list stays as it is.
 *
 * @param {string} root
 * @returns {import("../engine/engine.mjs").Step}
 */
export function kernelspecStep(root) {
  const venv = join(root, ".venv");
  const installer = join(root, "kernel", "install.mjs");
  const logos = join(root, "kernel", "logos");
  return {
    id: "kernelspec",
    title: "kernelspec",
    product: join(venv, "share", "jupyter", "kernels", kernelName),
    after: ["python", "kernel"],
    inPlace: true,
    inputs: () => ({
      options: [kernelName, conditions],
      // Both are named by their absolute paths.
      node: process.execPath,
      place: root,
      sources: hashFiles([installer, ...filesBelow(logos)], root),
    }),
    async make() {
      const { installKernel } = await import(pathToFileURL(installer).href);
      await installKernel({ prefix: venv, name: kernelName, conditions });
    },
  };
}
