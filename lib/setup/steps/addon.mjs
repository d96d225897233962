import { join } from "node:path";
import {
  addonFingerprint,
  addonFolder,
  buildAddon,
  findCompiler,
} from "../../tensorflow/native/build.mjs";

/**
 * Compiles the addon that joins Node and TensorFlow. Without it the library computes in JavaScript.
 *
 * @param {string} root
 * @returns {import("../engine/engine.mjs").Step}
 */
export function addonStep(root) {
  const venv = join(root, ".venv");
  return {
    id: "addon",
    title: "TensorFlow addon",
    product: addonFolder(root),
    after: ["npm", "python"],
    disk: 0.1e9,
    fallback:
      "The set-up goes on without TensorFlow: the library computes in JavaScript, many times slower.",
    inputs: () => addonFingerprint({ root, venv }),
    prepare: findCompiler,
    async make({ target, update }) {
      const outFile = join(target, "tensorflow.node");
      const { compiler } = await buildAddon({ root, venv, outFile, onProgress: update });
      return { compiler };
    },
  };
}
