import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { COCO_SIZE, cocoData } from "./coco-data.ts";
import { peerPython } from "./peers.ts";
import { compareTimes, interleave } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

const PEERS = ["pycocotools", "faster-coco-eval"] as const;
const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Measured {
  readonly seconds: number;
  readonly stats: readonly number[];
}

/** COCO's evaluation of boxes and of masks, evaluate and accumulate; parsing JSON is not timed, on no side. */
export const coco: Bench = {
  title: "COCO evaluation, 5,000 images, 80 categories, 36,000 truths, 200,000 detections",
  async run({ rounds = 3, log }) {
    const python = await peerPython(log);
    const results: Result[] = [];
    for (const iouType of ["bbox", "segm"] as const) {
      const folder = mkdtempSync(join(tmpdir(), "convnet-lab-coco-"));
      try {
        log(`${iouType}: writing the data …`);
        const files = ["truths.json", "detections.json"].map((name) => join(folder, name));
        const { truths, detections } = cocoData(COCO_SIZE, iouType === "segm");
        writeFileSync(files[0]!, JSON.stringify(truths));
        writeFileSync(files[1]!, JSON.stringify(detections));
        const ours = [...process.execArgv, file("coco-ours.ts"), ...files, iouType];
        const stats: (readonly number[])[] = [];
        const contestant = (command: string, args: readonly string[]) => async () => {
          const { stdout } = await run(command, args, { maxBuffer: 2 ** 26 });
          const measured = JSON.parse(stdout) as Measured;
          stats.push(measured.stats);
          return measured.seconds;
        };
        const times = await interleave(
          {
            "convnet-lab": contestant(process.execPath, ours),
            ...(Object.fromEntries(
              PEERS.map((peer) => [
                peer,
                contestant(python, [file("coco_peers.py"), peer, ...files, iouType]),
              ]),
            ) as Record<(typeof PEERS)[number], () => Promise<number>>),
          },
          rounds,
          log,
        );
        checkEqual(stats);
        const name = iouType === "bbox" ? "COCO, boxes" : "COCO, masks";
        for (const peer of PEERS) {
          results.push(compareTimes(name, peer, times["convnet-lab"], times[peer]));
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return results;
  },
};

/** What is fast and wrong does not count. */
function checkEqual(stats: readonly (readonly number[])[]): void {
  for (const other of stats) {
    other.forEach((figure, i) => {
      if (Math.abs(figure - stats[0]![i]!) > 1e-9) {
        throw new Error(`The contestants disagree: figure ${i} is ${stats[0]![i]} and ${figure}.`);
      }
    });
  }
}
