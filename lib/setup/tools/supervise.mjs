/**
 * `node supervise.mjs GRACE COMMAND ARGUMENTS…` runs a command that does not outlive the process that asked
 * for it, not even one that was killed: our standard input is a pipe from that process, and when it closes, the
 * command is asked to end, and after GRACE milliseconds ended with everything that it started.
 */
import { spawn, spawnSync } from "node:child_process";

const [grace = "0", command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], windowsHide: true });

child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code) => {
  if (ending) endGroup();
  process.exit(code ?? 1);
});

let ending = false;
function end() {
  if (ending) return;
  ending = true;
  if (Number(grace) === 0) return endGroup();
  child.kill("SIGTERM");
  setTimeout(endGroup, Number(grace));
}

function endGroup() {
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"], { windowsHide: true });
  } else {
    // We lead a process group of our own: this ends us too.
    process.kill(-process.pid, "SIGKILL");
  }
}

process.stdin.on("end", end).on("error", end).resume();
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
  process.on(signal, end);
