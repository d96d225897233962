import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { Problem } from "../engine/problem.mjs";
import { CommandError, execute } from "../tools/child.mjs";
import { filesBelow, hashFiles } from "../tools/files.mjs";
import { lockedPackages } from "./npm.mjs";

/** @param {string} root @param {string} name */
const lockedVersion = (root, name) =>
  lockedPackages(join(root, "package-lock.json"))[`node_modules/${name}`]?.version;

/**
 * `dist/lib`: the library as JavaScript with declarations, for plain Node programs. Notebooks and tests use the
 * sources.
 *
 * @param {string} root
 * @returns {import("../engine/engine.mjs").Step}
 */
export function libraryStep(root) {
  const lib = join(root, "lib");
  const sources = () =>
    filesBelow(lib).filter((file) => !relative(lib, file).startsWith(`setup${sep}`));
  const configurations = ["tsconfig.json", "tsconfig.build.json"].map((name) => join(root, name));
  return {
    id: "library",
    title: "library (dist/lib)",
    product: join(root, "dist", "lib"),
    after: ["npm"],
    inputs: () => ({
      sources: hashFiles([...sources(), ...configurations], root),
      typescript: lockedVersion(root, "typescript"),
    }),
    async make({ target, signal, log, warn }) {
      const require = createRequire(join(root, "package.json"));
      const compiler = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
      const project = join(root, "tsconfig.build.json");
      try {
        await execute(process.execPath, [compiler, "-p", project, "--outDir", target], {
          ...{ cwd: root, signal, log },
        });
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        // Exit code 2: there are type errors, and the JavaScript is there. To try an idea is no reason not to start.
        if (error.code !== 2) {
          throw new Problem("The library does not compile.", "npm run check", {
            details: error.tail,
            cause: error,
          });
        }
        warn(`The library has type errors; \`npm run check\` shows them:\n${error.tail}`);
      }
      for (const file of sources().filter((name) => !name.endsWith(".ts"))) {
        const copy = join(target, relative(lib, file));
        mkdirSync(dirname(copy), { recursive: true });
        copyFileSync(file, copy);
      }
    },
  };
}
