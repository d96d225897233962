/** What a kernel with all its processes uses. Linux only. */
import { readdir, readFile } from "node:fs/promises";

/** Clock ticks of Linux in a second. */
const ticks = 100;

/** @returns MB: the sum of the processes' proportional set sizes, in which shared pages count once */
export async function memoryOf(pids: readonly number[]): Promise<number> {
  let kilobytes = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

/** @returns seconds of processor time, user's and system's, that the processes have used */
export async function cpuTimeOf(pids: readonly number[]): Promise<number> {
  let sum = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // The name in parentheses may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    sum += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return sum / ticks;
}

/** Open file descriptors of all the processes. */
export async function descriptorsOf(pids: readonly number[]): Promise<number> {
  let sum = 0;
  for (const pid of pids) sum += (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
  return sum;
}
