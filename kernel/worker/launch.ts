/** How the worker process is started. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { WorkerOptions } from "./types.ts";
import { settingsVariable, type WorkerSettings } from "./wire.ts";

/** Beside this code, in the source and in the bundle. */
const ownEntry = new URL(
  import.meta.url.endsWith(".ts") ? "./process.ts" : "../worker/process.mjs",
  import.meta.url,
);

export function launch(options: WorkerOptions, nonce: string): ChildProcess {
  const { directory, conditions, node = process.execPath, entry = ownEntry } = options;
  const settings: WorkerSettings = { directory, nonce };
  const isSource = entry.pathname.endsWith(".ts");
  const args = [
    // From its sources it runs as this process does.
    ...(isSource ? process.execArgv : []),
    ...conditions.map((condition) => `--conditions=${condition}`),
    // Interrupted code leaves Node's account of what calls what incomplete, which it would end the process for.
    "--no-force-async-hooks-checks",
    ...(node === process.execPath ? contextFlags() : []),
    fileURLToPath(entry),
  ];
  return spawn(node, args, {
    cwd: directory,
    env: { ...process.env, [settingsVariable]: JSON.stringify(settings) },
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
    // A group of its own, which ends as a whole, and which Ctrl-C in a terminal does not reach.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
}

/** Node 22 follows contexts without async hooks only when told to. */
function contextFlags(): string[] {
  const flag = "--experimental-async-context-frame";
  const isNode22 = process.versions.node.startsWith("22.");
  return isNode22 && process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}
