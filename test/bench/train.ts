import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root, venvPython } from "../../lib/setup/paths.mjs";
import { workloads } from "./networks.ts";
import { compareRates, interleave } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const contestant = (command: string, args: readonly string[]) => async (): Promise<number> => {
  const { stdout } = await run(command, [...args], { maxBuffer: 2 ** 26 });
  return (JSON.parse(stdout) as { rate: number }).rate;
};

/** Training steps against Keras on the same TensorFlow (the set-up's .venv), and against tfjs run eagerly. */
export const train: Bench = {
  title: "training, images per second (mnist-cnn: batch 64; resnet-34: 96×96, batch 16)",
  async run({ rounds = 7, log }) {
    const results: Result[] = [];
    const python = venvPython(join(root, ".venv"));
    for (const name of Object.keys(workloads)) {
      const ours = (mode: string) =>
        contestant(process.execPath, [...process.execArgv, file("train-ours.ts"), name, mode]);
      const rates = await interleave(
        {
          "convnet-lab": ours("compiled"),
          Keras: contestant(python, [file("train_peers.py"), name]),
          "tfjs, eager": ours("tfjs"),
        },
        rounds,
        (line) => log(`${name}  ${line}`),
      );
      for (const peer of ["Keras", "tfjs, eager"] as const) {
        results.push(compareRates(`training ${name}`, peer, rates["convnet-lab"], rates[peer]));
      }
    }
    return results;
  },
};
