/**
 * The kernels that ours is compared with. Each is installed into a folder of its own under `build/kernel-peers` on
 * first use; nothing else needs them.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, venvPython } from "../../../lib/setup/paths.mjs";
import { execute } from "../../../lib/setup/tools/child.mjs";
import { builtKernel } from "../../kernel/build.ts";

export type Language = "typescript" | "javascript" | "python";

export interface Contestant {
  readonly name: string;
  readonly language: Language;
  /** How a frontend interrupts it. */
  readonly interrupt: "message" | "signal";
  /** The program and its arguments, as a kernelspec has them. */
  command(connectionFile: string): readonly [string, ...string[]];
}

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
  /** Files beside package.json. */
  readonly files?: Readonly<Record<string, string>>;
}

const folder = join(root, "build", "kernel-peers");
const inPackage = (peer: string, ...path: string[]) => join(folder, peer, "node_modules", ...path);

/** ijavascript wants a socket of the old interface that is a function, not a class. */
const oldZeroMq = `
const { EventEmitter } = require("node:events");
const zmq = require("zeromq-6/v5-compat");
function Socket(type) {
  EventEmitter.call(this);
  const inner = zmq.socket(type);
  inner.on("message", (...frames) => this.emit("message", ...frames));
  for (const name of ["bindSync", "close"]) this[name] = (...args) => inner[name](...args);
  Object.defineProperty(this, "inner", { value: inner });
}
Socket.prototype = Object.create(EventEmitter.prototype);
Socket.prototype.send = function (...args) {
  this.inner.send(...args);
};
module.exports = { Socket, socket: (type) => new Socket(type), createSocket: (type) => new Socket(type) };
`;

const tslab: Package = { dependencies: { tslab: "1.0.22" } };
const deno: Package = { dependencies: { deno: "2.9.6" } };
const ijavascript: Package = {
  dependencies: { ijavascript: "5.2.1", "zeromq-6": "npm:zeromq@6.8.0" },
  // Its ZeroMQ binding does not compile on a Node of today; the one that does has the old interface beside its own.
  overrides: { zeromq: "file:./zeromq-5" },
  files: {
    "zeromq-5/package.json": '{ "name": "zeromq", "version": "5.0.0", "main": "index.cjs" }\n',
    "zeromq-5/index.cjs": oldZeroMq,
  },
};

/** Our kernel, started as its kernelspec says. */
export async function ourKernel(): Promise<Contestant> {
  const entry = await builtKernel();
  return {
    name: "convnet-lab",
    language: "typescript",
    interrupt: "message",
    command: (file) => [process.execPath, "--max-semi-space-size=2", entry, file],
  };
}

/** Those of the peers that can be had here; `log` is told which cannot, and why. */
export async function peers(log: (line: string) => void): Promise<Contestant[]> {
  const found: Contestant[] = [];
  for (const [name, find] of Object.entries(finders)) {
    try {
      found.push(await find(log));
    } catch (error) {
      const [reason] = String((error as Error).message).split("\n");
      log(`${name} is left out, as it could not be installed: ${reason}`);
    }
  }
  return found;
}

const finders: Readonly<Record<string, (log: (line: string) => void) => Promise<Contestant>>> = {
  async tslab(log) {
    await install("tslab", tslab, log);
    const entry = inPackage("tslab", "tslab", "bin", "tslab");
    return {
      name: "tslab",
      language: "typescript",
      interrupt: "signal",
      command: (file) => [process.execPath, entry, "kernel", `--config-path=${file}`],
    };
  },
  async deno(log) {
    await install("deno", deno, log);
    const { platform, arch } = process;
    const libc = platform === "linux" ? "-glibc" : "";
    const name = platform === "win32" ? "deno.exe" : "deno";
    const program = inPackage(
      "deno",
      "deno",
      "node_modules",
      "@deno",
      `${platform}-${arch}${libc}`,
      name,
    );
    if (!existsSync(program)) throw new Error(`there is no Deno for ${platform} on ${arch}`);
    return {
      name: "deno",
      language: "typescript",
      interrupt: "signal",
      command: (file) => [program, "jupyter", "--kernel", "--conn", file],
    };
  },
  async ijavascript(log) {
    await install("ijavascript", ijavascript, log);
    const entry = inPackage("ijavascript", "ijavascript", "lib", "kernel.js");
    return {
      name: "ijavascript",
      language: "javascript",
      interrupt: "signal",
      command: (file) => [process.execPath, entry, "--protocol=5.1", file],
    };
  },
  async ipykernel() {
    const python = venvPython(join(root, ".venv"));
    await execute(python, ["-c", "import ipykernel"]);
    return {
      name: "ipykernel",
      language: "python",
      interrupt: "signal",
      command: (file) => [python, "-m", "ipykernel_launcher", "-f", file],
    };
  },
};

/** Installs a package where it is not yet, as a whole or not at all. */
async function install(
  peer: string,
  { dependencies, overrides, files = {} }: Package,
  log: (line: string) => void,
): Promise<void> {
  const manifest = JSON.stringify({ private: true, dependencies, overrides });
  const stamp = join(folder, peer, "installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === manifest) return;
  log(`installing ${peer} into build/kernel-peers …`);
  const unfinished = join(folder, `${peer}.new`);
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(join(folder, peer), { recursive: true, force: true });
  for (const [name, text] of Object.entries({ ...files, "package.json": manifest })) {
    mkdirSync(join(unfinished, name, ".."), { recursive: true });
    writeFileSync(join(unfinished, name), text);
  }
  // Nested, as where it is installed globally: tslab looks for Node's types in its own folder.
  const nested = "--install-strategy=nested";
  const npm = [
    "install",
    nested,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
  ];
  await execute(process.platform === "win32" ? "npm.cmd" : "npm", npm, { cwd: unfinished });
  renameSync(unfinished, join(folder, peer));
  writeFileSync(stamp, manifest);
}
