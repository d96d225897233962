/** Starts the language server's process; apart from what talks to it, so that it can be done before that is loaded. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { findExecutable } from "./executable.ts";

export type ServerProcess = ChildProcessByStdio<Writable, Readable, null>;

let executable: string | undefined;

/**
 * How Go collects its garbage. At first not before the heap has 512 MB: loading the libraries takes half of the time so,
 * for which the first cell waits. For good it may grow by half, half of Go's own choice: a quarter less memory after many
 * cells, at no cost in time that shows.
 */
const collections = {
  brief: { GOGC: "off", GOMEMLIMIT: "512MiB" },
  lasting: { GOGC: "50" },
};

/** Nobody has said how the garbage is to be collected, so that a process to begin with is worth while. */
export const canBeBrief = process.env.GOGC === undefined && process.env.GOMEMLIMIT === undefined;

/**
 * @param life of the process: whether it is to begin with, or for good
 * @throws Error where the compiler is missing; that it cannot be started is told by the process's `error` event.
 */
export async function spawnServer(
  directory: string,
  life: keyof typeof collections = "lasting",
): Promise<ServerProcess> {
  executable ??= await findExecutable();
  const child = spawn(executable, ["--lsp", "--stdio"], {
    cwd: directory,
    env: { ...collections[life], ...process.env },
    // Its own process group, so that an interrupt from the terminal reaches the running cell and not the checker.
    detached: process.platform !== "win32",
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
  // It may come before anybody listens.
  child.on("error", () => {});
  return child;
}

/** It has ended, or it could not be started. */
export function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
