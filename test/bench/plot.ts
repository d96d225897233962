import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { peerPython } from "./peers.ts";
import { compareTimes, interleave } from "./rounds.ts";
import type { Bench } from "./types.ts";

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const contestant = (command: string, args: readonly string[]) => async (): Promise<number> => {
  const { stdout } = await run(command, [...args]);
  return (JSON.parse(stdout) as { seconds: number }).seconds;
};

/** A grid of feature maps as a PNG of the same size, against matplotlib. */
export const plot: Bench = {
  title: "an 8×8 grid of 56×56 feature maps drawn and encoded, seconds",
  async run({ rounds = 7, log }) {
    const python = await peerPython(log);
    const seconds = await interleave(
      {
        "convnet-lab": contestant(process.execPath, [...process.execArgv, file("plot-ours.ts")]),
        matplotlib: contestant(python, [file("plot_peers.py")]),
      },
      rounds,
      log,
    );
    return [
      compareTimes("8×8 feature maps", "matplotlib", seconds["convnet-lab"], seconds.matplotlib),
    ];
  },
};
