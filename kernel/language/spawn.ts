/** Starts the language server's process; apart from what talks to it, so that it can be done before that is loaded. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { findExecutable } from "./executable.ts";

export type ServerProcess = ChildProcessByStdio<Writable, Readable, null>;

let executable: string | undefined;

/** @throws Error where the compiler is missing; that it cannot be started is told by the process's `error` event. */
export async function spawnServer(directory: string): Promise<ServerProcess> {
  executable ??= await findExecutable();
  const child = spawn(executable, ["--lsp", "--stdio"], {
    cwd: directory,
    // Half of what Go lets its heap grow by: a quarter less memory after many cells, at no cost in time that shows.
    env: { GOGC: "50", ...process.env },
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
