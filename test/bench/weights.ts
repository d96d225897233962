import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root, venvPython } from "../../lib/setup/paths.mjs";
import { compareTimes, interleave, median } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Measured {
  readonly milliseconds: number;
  /** Most bytes in memory while loading, beyond the finished model; null where the system does not say. */
  readonly peak: number | null;
  /** The sum of all weights' absolute values. */
  readonly check: number;
}

/** ResNet-50's weights from files that Keras wrote into a built model, against `load_weights`; the files are cached. */
export const weights: Bench = {
  title: "loading ResNet-50's weights into a built model, and the most memory beyond the model",
  async run({ rounds = 9, log }) {
    const folder = mkdtempSync(join(tmpdir(), "bench-weights-"));
    try {
      const python = venvPython(join(root, ".venv"));
      const peers = file("weights_peers.py");
      await run(python, [peers, "write", folder]);
      const results: Result[] = [];
      for (const name of ["resnet50.h5", "resnet50.weights.h5"]) {
        const path = join(folder, name);
        const size = statSync(path).size;
        const checks: number[] = [];
        const contestant = (command: string, args: readonly string[], peaks: number[]) => {
          return async (): Promise<number> => {
            const { stdout } = await run(command, [...args, path]);
            const { milliseconds, peak, check } = JSON.parse(stdout) as Measured;
            if (peak !== null) peaks.push(peak / size);
            checks.push(check);
            return milliseconds;
          };
        };
        const [ours, theirs] = [[], []] as [number[], number[]];
        const times = await interleave(
          {
            "convnet-lab": contestant(
              process.execPath,
              [...process.execArgv, file("weights-ours.ts")],
              ours,
            ),
            Keras: contestant(python, [peers, "load"], theirs),
          },
          rounds,
          log,
        );
        // What is fast and wrong does not count.
        const wrong = checks.find((check) => Math.abs(check / (checks[0] as number) - 1) > 1e-9);
        if (wrong) throw new Error(`${name}: the weights' sums are ${checks[0]} and ${wrong}.`);
        results.push(compareTimes(name, "Keras", times["convnet-lab"], times.Keras, "ms"));
        if (ours.length > 0) {
          const [a, b] = [median(ours), median(theirs)];
          results.push({
            ...{ name: `${name}, peak memory`, peer: "Keras", ours: a, theirs: b },
            ...{ unit: "× the file", ratio: b / a },
          });
        }
      }
      return results;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
