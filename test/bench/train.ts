import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root, venvPython } from "../../lib/setup/paths.mjs";
import { workloads } from "./networks.ts";
import { atItsBest } from "./peers.ts";
import { compareRates, interleave } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const contestant =
  (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  async (): Promise<number> => {
    const options = { maxBuffer: 2 ** 26, env: { ...process.env, ...env } };
    const { stdout } = await run(command, [...args], options);
    return (JSON.parse(stdout) as { rate: number }).rate;
  };

/** Training steps against Keras on the same TensorFlow (the set-up's .venv), and against tfjs run eagerly. */
const training = (names: readonly string[]): Bench => ({
  title: "training, images per second (mnist-cnn: batch 64; resnet-34: 96×96, batch 16)",
  async run({ rounds = 7, log }) {
    const results: Result[] = [];
    const python = venvPython(join(root, ".venv"));
    for (const name of names) {
      const ours = (mode: string) =>
        contestant(process.execPath, [...process.execArgv, file("train-ours.ts"), name, mode]);
      const keras = await atItsBest(
        `${name}  Keras`,
        (env) => contestant(python, [file("train_peers.py"), name], env),
        (a, b) => a > b,
        log,
      );
      const rates = await interleave(
        {
          "convnet-lab": ours("compiled"),
          Keras: keras,
        },
        rounds,
        (line) => log(`${name}  ${line}`),
      );
      // Far behind, so that few rounds are enough; each beside one of ours.
      const eager = await interleave(
        { "convnet-lab": ours("compiled"), "tfjs, eager": ours("tfjs") },
        Math.ceil(rounds / 3),
        (line) => log(`${name}  ${line}`),
      );
      const what = `training ${name}`;
      results.push(
        compareRates(what, "Keras", rates["convnet-lab"], rates.Keras),
        compareRates(what, "tfjs, eager", eager["convnet-lab"], eager["tfjs, eager"]),
      );
    }
    return results;
  },
});

export const train = training(Object.keys(workloads));
/** One of them, where time is short. */
export const trainMnist = training(["mnist-cnn"]);
export const trainResNet = training(["resnet-34"]);
