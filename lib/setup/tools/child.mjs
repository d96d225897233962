import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Interrupted } from "../engine/problem.mjs";
import { root } from "../paths.mjs";

const supervisor = fileURLToPath(new URL("supervise.mjs", import.meta.url));

/** A program ended with a failure. `output` is what it wrote, both streams. */
export class CommandError extends Error {
  /** @override */
  name = "CommandError";

  /** @param {string} command @param {number | null} code @param {string} output */
  constructor(command, code, output) {
    super(`${command} failed with exit code ${code}`);
    this.code = code;
    this.output = output;
  }

  /** The end of the output: enough to see what happened. */
  get tail() {
    return this.output.trimEnd().split("\n").slice(-12).join("\n");
  }
}

/**
 * Starts a program that ends when we end, however that happens. To end it, end its `stdin`.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {number} [options.grace] milliseconds it gets to end in good order
 * @param {"pipe" | "inherit"} [options.output]
 */
export function startSupervised(command, args, { cwd, env, grace = 0, output = "pipe" } = {}) {
  return spawn(process.execPath, [supervisor, String(grace), command, ...args], {
    cwd,
    env: env ?? process.env,
    stdio: ["pipe", output, output],
    // A group of its own: Ctrl-C in the terminal reaches us alone, and we say how the program ends.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {AbortSignal} [options.signal]
 * @param {(line: string) => void} [options.onLine] told each line of output as it comes
 * @param {string} [options.log] a file to which the output is appended
 * @returns {Promise<string>} the output, both streams
 * @throws {CommandError} the exit code is not 0
 * @throws {Interrupted} `signal` was aborted; the program has ended
 */
export async function execute(command, args, { cwd, env, signal, onLine, log } = {}) {
  if (signal?.aborted) throw new Interrupted();
  const child = startSupervised(command, args, { cwd, env });
  const stop = () => child.stdin?.end();
  signal?.addEventListener("abort", stop, { once: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      output += `${line}\n`;
      if (log) appendFileSync(log, `${line}\n`);
      onLine?.(line);
    });
  }
  try {
    const [code] = await once(child, "close");
    if (signal?.aborted) throw new Interrupted();
    if (code !== 0) throw new CommandError(command, code, output);
    return output;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * Runs a program to its end, with its output on ours.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {(text: string) => void} [options.onOutput] told the standard output, too
 * @returns {Promise<boolean>} whether the exit code is 0
 * @throws {Interrupted} `signal` was aborted; the program has ended
 */
export async function run(command, args, { signal, onOutput }) {
  const output = onOutput ? "pipe" : "inherit";
  const child = startSupervised(command, args, { cwd: root, grace: 5_000, output });
  const stop = () => child.stdin?.end();
  signal.addEventListener("abort", stop, { once: true });
  child.stderr?.pipe(process.stderr, { end: false });
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    process.stdout.write(text);
    onOutput?.(text);
  });
  const [code] = await once(child, "close");
  signal.removeEventListener("abort", stop);
  if (signal.aborted) throw new Interrupted();
  return code === 0;
}

/**
 * Runs a program that answers at once, and gives its standard output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
export async function ask(command, args) {
  const { stdout } = await promisify(execFile)(command, [...args], {
    timeout: 20_000,
    windowsHide: true,
  });
  return stdout;
}

/**
 * The program's file on the path, if it is there.
 *
 * @param {string} name
 */
export function onPath(name) {
  const endings = process.platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const ending of endings) {
      const file = join(folder || ".", name + ending);
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}
