import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root, venvPython } from "../../lib/setup/paths.mjs";
import { atItsBest, peerPython } from "./peers.ts";
import { compareTimes, interleave } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const BATCHES = [1, 8] as const;

/**
 * A compiled and frozen ResNet-50 against Keras and a frozen `tf.function` on the same TensorFlow (the set-up's .venv),
 * and against ONNX Runtime. All have the same weights, and each checks that its answers are Keras'.
 */
export const inference: Bench = {
  title: "inference of ResNet-50, 224×224, milliseconds for a batch of 1 and of 8",
  async run({ rounds = 7, log }) {
    const peers = await peerPython(log);
    const keras = venvPython(join(root, ".venv"));
    const folder = mkdtempSync(join(tmpdir(), "bench-inference-"));
    try {
      await run(keras, [file("inference_model.py"), folder]);
      // One process measures both batches; the larger one is written down beside.
      const larger: Record<string, number[]> = {};
      const contestant =
        (
          name: string,
          command: string,
          args: readonly string[],
          env: Readonly<Record<string, string>> = {},
        ) =>
        async () => {
          const options = { maxBuffer: 2 ** 26, env: { ...process.env, ...env } };
          const { stdout } = await run(command, [...args, folder], options);
          const measured = JSON.parse(stdout) as Record<(typeof BATCHES)[number], number>;
          larger[name] = [...(larger[name] ?? []), measured[8]];
          log(`batch 8  ${name} ${measured[8].toFixed(1)}`);
          return measured[1];
        };
      const python = file("inference_peers.py");
      const ours = [...process.execArgv, file("inference-ours.ts")];
      const tuned = async (name: string, mode: string) => {
        const best = await atItsBest(
          name,
          (env) => contestant(name, keras, [python, mode], env),
          (a, b) => a < b,
          log,
        );
        larger[name] = [];
        return best;
      };
      const single = await interleave(
        {
          "convnet-lab": contestant("convnet-lab", process.execPath, ours),
          Keras: await tuned("Keras", "keras"),
          "tf.function, frozen": await tuned("tf.function, frozen", "function"),
          "ONNX Runtime": contestant("ONNX Runtime", peers, [python, "onnx"]),
        },
        rounds,
        log,
      );
      const results: Result[] = [];
      for (const batch of BATCHES) {
        const times = (name: keyof typeof single) =>
          batch === 1 ? single[name] : (larger[name] as number[]);
        for (const peer of ["Keras", "tf.function, frozen", "ONNX Runtime"] as const) {
          const name = `ResNet-50, batch ${batch}`;
          results.push(compareTimes(name, peer, times("convnet-lab"), times(peer), "ms"));
        }
      }
      return results;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
