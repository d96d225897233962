import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** Process ids of all that a process has started, and what that has started. Linux only. */
export async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // The name in parentheses may hold anything.
    const parent = Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[1]);
    parents.set(Number(name), parent);
  }
  const found = [pid];
  for (const parent of found) {
    for (const [child, of] of parents) if (of === parent) found.push(child);
  }
  return found.slice(1);
}

/** Stops a process. Linux only: on a busy machine some of its threads go on for a while after the signal. */
export async function suspend(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  for (let isStopped = false; !isStopped; ) {
    const states = (await readdir(`/proc/${pid}/task`)).map(async (thread) => {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
    });
    isStopped = (await Promise.all(states)).every((state) => state === "T");
    if (!isStopped) await delay(5);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
