/**
 * Compiles the TensorFlow addon: the sources that `@tensorflow/tfjs-node-gpu` ships, with our patches, against the
 * headers and libraries inside the TensorFlow wheel of a Python environment. Node-API is the only thing of Node that
 * it uses, so one binary serves every Node from 20.19 on. Plain JavaScript without dependencies, as the set-up runs
 * it before anything else is there.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyPatch, patches } from "./patches.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const ownSources = ["extensions.h", "extensions.cc", "stderr_capture.cc"];
const upstreamUnits = ["tfjs_backend.cc", "tfjs_binding.cc"];

/** An error whose message is complete: what is missing, and the command that mends it. */
export class BuildError extends Error {
  /** @override */
  name = "BuildError";
}

/** Where the addon is, and what it was built against. */
export const addonFolder = (/** @type {string} */ root) => join(root, "build", "native");

/**
 * The folder of the `tensorflow` package in a Python environment.
 *
 * @param {string} venv
 * @returns {Promise<string>}
 */
export async function findTensorFlow(venv) {
  const candidates = [join(venv, "Lib", "site-packages")];
  for (const entry of await readdir(join(venv, "lib")).catch(() => [])) {
    if (/^python3\.\d+$/.test(entry)) candidates.push(join(venv, "lib", entry, "site-packages"));
  }
  const found = candidates
    .map((site) => join(site, "tensorflow"))
    .find((folder) => existsSync(folder));
  if (!found) {
    throw new BuildError(
      `There is no TensorFlow in the Python environment ${venv}. Run "npm start -- --setup-only" to install it.`,
    );
  }
  return found;
}

/**
 * The two libraries of the wheel that the addon links to.
 *
 * @param {string} tensorflow
 */
function libraries(tensorflow) {
  const names =
    process.platform === "darwin"
      ? ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"]
      : ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
  return names.map((name) => join(tensorflow, name));
}

/**
 * @param {string} file
 * @param {string} mend
 */
function mustExist(file, mend) {
  if (!existsSync(file)) throw new BuildError(`${file} is missing. ${mend}`);
  return file;
}

function mustBeSupported() {
  if (process.platform === "win32") {
    throw new BuildError(
      "The native TensorFlow backend is not available on Windows; the JavaScript backend is used instead. " +
        "Inside WSL it works as on Linux.",
    );
  }
}

/**
 * The C++ compiler: `$CXX`, or the first of c++, g++ and clang++ on the path.
 *
 * @throws {BuildError} there is none, or the platform has no native backend
 */
export function findCompiler() {
  mustBeSupported();
  const asked = process.env.CXX?.trim();
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const onPath = (/** @type {string} */ name) =>
    name.includes("/")
      ? existsSync(name)
      : folders.some((folder) => existsSync(join(folder, name)));
  if (asked) {
    const [command = "", ...flags] = asked.split(/\s+/);
    if (onPath(command)) return { command, flags };
    throw new BuildError(
      `The compiler that CXX names, "${command}", was not found. Correct or unset the CXX environment variable.`,
    );
  }
  const command = ["c++", "g++", "clang++"].find(onPath);
  if (command) return { command, flags: [] };
  const mend =
    process.platform === "darwin"
      ? `Install it with "xcode-select --install".`
      : `Install it, on Debian and Ubuntu with "sudo apt-get install g++", on Fedora with "sudo dnf install gcc-c++".`;
  throw new BuildError(`No C++ compiler was found (c++, g++ or clang++). ${mend}`);
}

/**
 * @param {string} command
 * @param {string[]} commandArguments
 * @returns {Promise<void>}
 */
function run(command, commandArguments) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) =>
      reject(new BuildError(`${command} could not be started: ${error.message}`)),
    );
    child.on("close", (code, signal) => {
      if (code === 0) return resolve();
      const how = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
      // The first error is the one that matters; what follows it is mostly its echo.
      const lines = output.trim().split("\n");
      const first = Math.max(
        0,
        lines.findIndex((line) => /error|No space left/i.test(line)),
      );
      reject(
        new BuildError(
          `The C++ compiler ${command} ${how}:\n${lines.slice(first, first + 12).join("\n")}\n` +
            "TensorFlow's headers need C++17: GCC 9 or Clang 9 at least, 1.5 GB of free memory and 100 MB of disk.",
        ),
      );
    });
  });
}

/**
 * @param {string} root
 * @param {string} venv
 */
async function inputs(root, venv) {
  mustBeSupported();
  const require = createRequire(join(root, "package.json"));
  const folderOf = (/** @type {string} */ name) => {
    try {
      return dirname(require.resolve(`${name}/package.json`));
    } catch {
      throw new BuildError(
        `The npm package ${name} is not installed in ${root}. Run "npm ci" there.`,
      );
    }
  };
  const binding = join(folderOf("@tensorflow/tfjs-node-gpu"), "binding");
  const nodeApi = join(folderOf("node-api-headers"), "include");
  const tensorflow = await findTensorFlow(venv);
  const mend = `Reinstall TensorFlow: remove ${venv} and run "npm start -- --setup-only".`;
  mustExist(join(tensorflow, "include", "tensorflow", "c", "eager", "c_api.h"), mend);
  for (const library of libraries(tensorflow)) mustExist(library, mend);
  mustExist(join(nodeApi, "node_api.h"), `Run "npm ci".`);
  return { binding, nodeApi, tensorflow };
}

/**
 * What the build depends on, as one string: while it is the same there is nothing to build.
 *
 * @param {{ root: string, venv: string }} options
 * @returns {Promise<string>}
 */
export async function addonFingerprint({ root, venv }) {
  const { binding, tensorflow } = await inputs(root, venv);
  const hash = createHash("sha256");
  for (const name of (await readdir(binding)).sort())
    hash.update(name).update(await readFile(join(binding, name)));
  for (const name of [...ownSources, "patches.mjs", "build.mjs"])
    hash.update(await readFile(join(here, name)));
  // The run path is absolute, so a moved environment is another build.
  hash.update(tensorflow).update(`${process.platform} ${process.arch} ${process.env.CXX ?? ""}`);
  for (const entry of (await readdir(dirname(tensorflow))).sort()) {
    if (/^tensorflow.*\.dist-info$/.test(entry)) hash.update(entry);
  }
  return hash.digest("hex");
}

/**
 * Builds `tensorflow.node` (the backend) and beside it `stderr_capture.node` (which keeps TensorFlow's start-up log
 * away from the user). Either both files are new or none has changed.
 *
 * @param {object} options
 * @param {string} options.root the project's folder, whose node_modules are used
 * @param {string} options.venv the Python environment with TensorFlow
 * @param {string} [options.outFile] by default `build/native/tensorflow.node` in the project
 * @param {(message: string) => void} [options.onProgress]
 * @returns {Promise<{ outFile: string, compiler: string, tensorflow: string }>}
 * @throws {BuildError} no compiler, headers or libraries; a failed compilation
 */
export async function buildAddon({
  root,
  venv,
  outFile = join(addonFolder(root), "tensorflow.node"),
  onProgress,
}) {
  const compiler = findCompiler();
  const { binding, nodeApi, tensorflow } = await inputs(root, venv);
  const sources = await mkdtemp(join(tmpdir(), "convnet-lab-addon-"));
  const outFolder = dirname(outFile);
  const captureFile = join(outFolder, "stderr_capture.node");
  const unfinished = (/** @type {string} */ file) =>
    join(outFolder, `.${basename(file)}.${process.pid}.tmp`);
  try {
    await mkdir(outFolder, { recursive: true });
    for (const name of await readdir(binding)) {
      const source = await readFile(join(binding, name), "utf8");
      const patched = patches.filter(({ file }) => file === name).reduce(applyPatch, source);
      await writeFile(join(sources, name), patched);
    }
    for (const name of ownSources) await copyFile(join(here, name), join(sources, name));

    const common = [
      ...compiler.flags,
      ...["-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-DNAPI_VERSION=8", `-I${nodeApi}`],
      ...(process.platform === "darwin"
        ? ["-bundle", "-undefined", "dynamic_lookup"]
        : ["-shared"]),
    ];
    onProgress?.(`compiling the TensorFlow addon with ${compiler.command}`);
    const compilations = [
      run(compiler.command, [
        ...common,
        `-I${sources}`,
        `-isystem${join(tensorflow, "include")}`,
        ...[...upstreamUnits, "extensions.cc"].map((name) => join(sources, name)),
        ...libraries(tensorflow),
        // The libraries find CUDA relative to their own place, so they stay there and the addon names it.
        ...["-Xlinker", "-rpath", "-Xlinker", tensorflow],
        ...["-o", unfinished(outFile)],
      ]),
      run(compiler.command, [
        ...[...common, join(sources, "stderr_capture.cc"), "-o", unfinished(captureFile)],
      ]),
    ];
    // Both have to end before the temporary folder may go, also when one fails.
    for (const result of await Promise.allSettled(compilations)) {
      if (result.status === "rejected") throw result.reason;
    }
    await rename(unfinished(captureFile), captureFile);
    await rename(unfinished(outFile), outFile);
    return { outFile, compiler: compiler.command, tensorflow };
  } finally {
    for (const folder of [sources, unfinished(outFile), unfinished(captureFile)]) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const root = join(here, "..", "..", "..");
  const venv = process.env.CONVNET_LAB_VENV ?? join(root, ".venv");
  try {
    const { outFile } = await buildAddon({ root, venv, onProgress: (line) => console.error(line) });
    console.log(outFile);
  } catch (error) {
    console.error(error instanceof BuildError ? error.message : error);
    process.exitCode = 1;
  }
}
