/** What a soak has to show. */
import type { SoakReport } from "./soak.ts";

/** Processor time of the last cells against that of the 400th: what the machine does besides does not count. */
const slowest = 1.5;
/**
 * Memory of the last quarter of the run against that of the first quarter after the warm-up, medians: it swings with
 * the collections of three heaps, and with the worker, which is a new one after each exit.
 */
const growth = 1.15;
/** MB that an edit of a module may leave behind: the module itself, in two processes. */
const reloadCost = 0.25;
/** The worker's compiler of local modules, which starts with the first of them, and its pipes. */
export const spareProcesses = 1;
export const spareDescriptors = 20;

/** @returns what failed; empty where all is well */
export function judge(
  { problems, early, late, usage, reloading }: SoakReport,
  reloads: number,
): string[] {
  const failed = [...problems];
  const [first, last] = [usage[0]!, usage.at(-1)!];
  const [before, after] = memoryOfQuarters(usage);
  if (late.cpu > slowest * early.cpu) {
    failed.push(
      `a cell takes ${late.cpu} ms of processor time at the end, ${early.cpu} at the 400th`,
    );
  }
  if (after > growth * before) {
    failed.push(`memory grows from ${before} MB after the warm-up to ${after}`);
  }
  if (last.descriptors > first.descriptors + spareDescriptors) {
    failed.push(`descriptors grow from ${first.descriptors} to ${last.descriptors}`);
  }
  if (last.processes > first.processes + spareProcesses) {
    failed.push(`processes grow from ${first.processes} to ${last.processes}`);
  }
  const perReload = (reloading[1] - reloading[0]) / reloads;
  // What the first ones load is not what each costs.
  if (reloads >= 100 && perReload > reloadCost) {
    failed.push(`each reload of a module leaves ${perReload} MB`);
  }
  return failed;
}

/** @returns MB, median of the first and of the last quarter */
export function memoryOfQuarters(usage: SoakReport["usage"]): readonly [number, number] {
  const count = Math.ceil(usage.length / 4);
  const median = (part: SoakReport["usage"]) => {
    const sorted = part.map(({ memory }) => memory).sort((a, b) => a - b);
    return sorted[sorted.length >> 1]!;
  };
  return [median(usage.slice(0, count)), median(usage.slice(-count))];
}
