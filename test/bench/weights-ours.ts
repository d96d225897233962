/** Loads weights into a built ResNet-50 in a fresh process: `weights-ours.ts FILE` prints what weights_peers.py does. */
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadWeights, resnet50 } from "../../lib/models/index.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in memory: VmRSS now, VmHWM at most; undefined where the system does not say. */
function resident(field: "VmRSS" | "VmHWM"): number | undefined {
  if (process.platform !== "linux") return undefined;
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m");
  return Number(line.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

const [path] = process.argv.slice(2) as [string];
const model = await resnet50({ weights: null });
// So that every weight is where a used model has it.
for (const weight of model.getWeights()) weight.dataSync();
collect();
const before = resident("VmRSS");
if (before !== undefined) writeFileSync("/proc/self/clear_refs", "5"); // the peak starts anew
const start = performance.now();
await loadWeights(model, path);
const milliseconds = performance.now() - start;
const most = resident("VmHWM");
collect();
const after = resident("VmRSS");
let peak: number | null = null;
if (before !== undefined && most !== undefined && after !== undefined) {
  peak = most - Math.min(before, after);
}
let check = 0;
for (const weight of model.getWeights()) {
  for (const value of weight.dataSync()) check += Math.abs(value);
}
console.log(JSON.stringify({ milliseconds, peak, check }));
