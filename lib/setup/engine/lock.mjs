/**
 * One set-up at a time in a folder. The lock is an address that a process listens on, because the operating
 * system takes it back when the process ends, also by a crash: there is no stale lock to judge. Who finds it
 * taken connects, is told the holder's process id, and knows by the closing of the connection that it is free.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { realpathSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupted } from "./problem.mjs";

/** @param {string} folder */
function address(folder) {
  const hash = createHash("sha256").update(realpathSync(folder)).digest("hex").slice(0, 24);
  const name = `convnet-lab-setup-${process.getuid?.() ?? ""}-${hash}`;
  if (process.platform === "linux") return `\0${name}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), name);
}

/**
 * Waits until no other set-up works in the folder, then runs `work` with the lock held.
 *
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} work
 * @param {{ signal?: AbortSignal, onWait?: (pid: string) => void }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(folder, work, { signal, onWait } = {}) {
  const path = address(folder);
  /** @type {Set<import("node:net").Socket>} */
  const waiting = new Set();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => {}).on("close", () => waiting.delete(socket));
    socket.write(`${process.pid}\n`);
  });
  while (!(await listen(server, path))) {
    if (signal?.aborted) throw new Interrupted();
    await untilFree(path, signal, onWait);
  }
  try {
    return await work();
  } finally {
    // Connections close after the address is free, so that who waits for that finds it free.
    server.close();
    for (const socket of waiting) socket.destroy();
  }
}

/**
 * @param {import("node:net").Server} server
 * @param {string} path
 * @returns {Promise<boolean>} whether the address was free
 */
async function listen(server, path) {
  server.listen(path);
  try {
    await once(server, "listening");
    server.unref();
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EADDRINUSE") return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @param {AbortSignal | undefined} signal
 * @param {((pid: string) => void) | undefined} onWait
 */
async function untilFree(path, signal, onWait) {
  const socket = connect(path);
  const stop = () => socket.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  socket.setEncoding("utf8").on("data", (pid) => onWait?.(String(pid).trim()));
  socket.on("error", (error) => {
    // A socket file outlives a killed process; on Linux and Windows there is no file.
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === "ECONNREFUSED" && !path.startsWith("\0")) rmSync(path, { force: true });
  });
  await once(socket, "close").catch(() => {});
  signal?.removeEventListener("abort", stop);
}
