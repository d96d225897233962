import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fetchDataset } from "../../lib/data/index.ts";
import { root, venvPython } from "../../lib/setup/paths.mjs";
import { compareRates } from "./rounds.ts";
import type { Bench } from "./types.ts";

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Three epochs on all of MNIST: what is learned is the same, whoever trains. */
export const curve: Bench = {
  title: "mnist-cnn, 3 epochs on the 60,000 digits, accuracy on the 10,000 after each",
  async run({ rounds = 1, log }) {
    const files = await fetchDataset("mnist");
    const python = venvPython(join(root, ".venv"));
    const contestants = {
      "convnet-lab": (seed: number) =>
        run(process.execPath, [...process.execArgv, file("curve-ours.ts"), `${seed}`]),
      Keras: (seed: number) => run(python, [file("curve_peers.py"), `${seed}`, ...files]),
    };
    const accuracies = { "convnet-lab": [] as number[][], Keras: [] as number[][] };
    for (let seed = 1; seed <= rounds; seed++) {
      for (const name of ["convnet-lab", "Keras"] as const) {
        const { stdout } = await contestants[name](seed);
        const found = JSON.parse(stdout.trim().split("\n").at(-1) as string) as number[];
        accuracies[name].push(found);
        log(
          `seed ${seed}  ${name.padEnd(12)} ${found.map((one) => (100 * one).toFixed(2)).join("  ")}`,
        );
      }
    }
    return [0, 1, 2].map((epoch) => {
      const after = (name: keyof typeof accuracies) =>
        accuracies[name].map((found) => 100 * (found[epoch] as number));
      const name = `accuracy after epoch ${epoch + 1}`;
      return compareRates(name, "Keras", after("convnet-lab"), after("Keras"), "%");
    });
  },
};
