/** `npm run kernel -- install`: the kernel for notebooks anywhere, without the project that it came from. */
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkName, dataFolder, installKernel } from "./install.mjs";

const usage = `Usage: npm run kernel -- COMMAND

install      copies the kernel to a data folder of Jupyter and offers it to Jupyter
uninstall    removes a kernel that was installed so
list         shows the kernels that were installed so

Where:
  --user             for the user (the default)
  --sys-prefix       for the Python environment that is active
  --prefix FOLDER    for the Python environment in this folder

install and uninstall:
  --name NAME          by which notebooks name it (default: typescript)

install:
  --display-name TEXT  by which people choose it (default: TypeScript)
  --conditions A,B     conditions of package exports, beside Node's own
  --no-check           cells run without a type check
`;

/** What was wrong with the command line, or with what it asks for. */
class UsageError extends Error {}

/** @param {readonly string[]} args */
async function main(args) {
  const [command, ...rest] = args;
  const options = readOptions(rest);
  if (command === undefined || command === "help" || options.help) {
    console.log(usage);
    return;
  }
  const prefix = options["sys-prefix"] ? systemPrefix() : options.prefix;
  switch (command) {
    case "install":
      return install(prefix, options);
    case "uninstall":
      return uninstall(prefix, options.name ?? "typescript");
    case "list":
      return list(prefix);
    default:
      throw new UsageError(
        `There is no command ${command}, expected install, uninstall or list.\n\n${usage}`,
      );
  }
}

/** @param {readonly string[]} args */
function readOptions(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        user: { type: "boolean" },
        "sys-prefix": { type: "boolean" },
        prefix: { type: "string" },
        name: { type: "string" },
        "display-name": { type: "string" },
        conditions: { type: "string" },
        "no-check": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    const places = [values.user, values["sys-prefix"], values.prefix !== undefined];
    if (places.filter(Boolean).length > 1)
      throw new Error("Only one of --user, --sys-prefix and --prefix can be given.");
    return values;
  } catch (error) {
    throw new UsageError(`${/** @type {Error} */ (error).message}\n\n${usage}`);
  }
}

/** @param {string | undefined} prefix @param {ReturnType<typeof readOptions>} options */
async function install(prefix, options) {
  const name = checkName(options.name ?? "typescript");
  // Not needed for what only reads.
  const { makeStandalone } = await import("./standalone.mjs");
  const folder = filesFolder(prefix, name);
  const { bytes } = await makeStandalone(folder);
  const conditions = (options.conditions ?? "").split(",").filter((each) => each !== "");
  const spec = await installKernel({
    ...(prefix !== undefined && { prefix }),
    ...{ name, displayName: options["display-name"] ?? "TypeScript", conditions },
    entry: join(folder, "main.mjs"),
    args: options["no-check"] ? ["--no-check"] : [],
  });
  console.log(`Installed the kernel ${name} (${Math.round(bytes / 2 ** 20)} MB)`);
  console.log(`  kernelspec  ${spec}`);
  console.log(`  kernel      ${folder}`);
  console.log(`  Node.js     ${process.execPath}`);
}

/** @param {string | undefined} prefix @param {string} name */
async function uninstall(prefix, name) {
  const spec = join(dataFolder(prefix), "kernels", checkName(name));
  const files = filesFolder(prefix, name);
  const argv = await readArgv(spec);
  if (argv === undefined) throw new UsageError(`There is no kernel ${name} in ${dirname(spec)}.`);
  if (!argv.some((arg) => arg.startsWith(files + sep))) {
    throw new UsageError(
      `The kernel ${name} in ${dirname(spec)} was not installed by this program; ` +
        `"jupyter kernelspec remove ${name}" removes it.`,
    );
  }
  await rm(spec, { recursive: true });
  await rm(files, { recursive: true, force: true });
  console.log(`Removed the kernel ${name} from ${dirname(spec)}`);
}

/** @param {string | undefined} prefix */
async function list(prefix) {
  const folder = join(dataFolder(prefix), "kernels");
  const names = await readdir(folder).catch(() => []);
  let count = 0;
  for (const name of names.sort()) {
    const argv = await readArgv(join(folder, name));
    if (!argv?.some((arg) => arg.startsWith(filesFolder(prefix, name) + sep))) continue;
    console.log(`${name.padEnd(20)} ${argv.join(" ")}`);
    count++;
  }
  if (count === 0) console.log(`None in ${folder}`);
}

/** The command in a kernelspec; undefined where there is none. @param {string} spec */
async function readArgv(spec) {
  try {
    const { argv } = JSON.parse(await readFile(join(spec, "kernel.json"), "utf8"));
    return /** @type {string[]} */ (argv);
  } catch {
    return undefined;
  }
}

/** Where the kernel itself lies. @param {string | undefined} prefix @param {string} name */
function filesFolder(prefix, name) {
  return resolve(dataFolder(prefix), "typescript-kernel", "installed", name);
}

/** The folder of the Python environment that is active, as Python itself says. */
function systemPrefix() {
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const active = VIRTUAL_ENV || CONDA_PREFIX;
  if (active) return active;
  for (const python of ["python3", "python"]) {
    try {
      const args = ["-c", "import sys; print(sys.prefix)"];
      return execFileSync(python, args, {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    } catch {
      // The next one.
    }
  }
  throw new UsageError(
    "--sys-prefix needs Python, and there is none: activate an environment, or use --prefix.",
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    console.error(message);
    process.exitCode = 1;
  }
}
