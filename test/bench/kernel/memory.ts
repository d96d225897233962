/** Memory of a kernel with all its processes, shared pages counted once. Linux only. */
import { readFile } from "node:fs/promises";

/** @returns MB: the sum of the processes' proportional set sizes */
export async function memoryOf(pids: readonly number[]): Promise<number> {
  let kilobytes = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}
