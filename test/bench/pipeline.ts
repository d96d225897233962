import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createCanvas, loadImage } from "canvas";
import {
  catalogEntry,
  hymenoptera,
  localFile,
  samplePictures,
  seededRandom,
} from "../../lib/data/index.ts";
import { root, venvPython } from "../../lib/setup/paths.mjs";
import { compareRates, interleave } from "./rounds.ts";
import type { Bench } from "./types.ts";

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const COUNT = 397;

/** Photographs of the mirror, or as many cut from the sample pictures. */
async function photos(folder: string, log: (line: string) => void): Promise<string[]> {
  const [archive] = catalogEntry("hymenoptera").files;
  if (archive && localFile(archive)) {
    const { train, validation } = await hymenoptera();
    log(`${train.length + validation.length} photographs of ants and bees`);
    return [...train, ...validation].map(({ path }) => path);
  }
  log(`${COUNT} JPEG files of 500×375, cut from two photographs (no mirror)`);
  mkdirSync(folder, { recursive: true });
  const images = await Promise.all(samplePictures().map(({ path }) => loadImage(path)));
  const random = seededRandom(0);
  return Array.from({ length: COUNT }, (_, i) => {
    const image = images[i % images.length] as (typeof images)[number];
    const canvas = createCanvas(500, 375);
    canvas
      .getContext("2d")
      .drawImage(image, -random() * (image.width - 500), -random() * (image.height - 375));
    const path = join(folder, `${i}.jpg`);
    writeFileSync(path, canvas.toBuffer("image/jpeg", 90));
    return path;
  });
}

/** Reading, decoding, resizing, cropping, mirroring and batching against tf.data in Python on the same TensorFlow. */
export const pipeline: Bench = {
  title:
    "input pipeline, images per second (decode, resize to 256×256, random crop of 224×224, flip, batches of 32)",
  async run({ rounds = 7, log }) {
    const folder = mkdtempSync(join(tmpdir(), "bench-pipeline-"));
    try {
      const list = join(folder, "files.json");
      writeFileSync(list, JSON.stringify(await photos(join(folder, "photos"), log)));
      const contestant =
        (command: string, args: readonly string[]) => async (): Promise<number> => {
          const { stdout } = await run(command, [...args, list], { maxBuffer: 2 ** 26 });
          return (JSON.parse(stdout) as { rate: number }).rate;
        };
      const ours = [...process.execArgv, file("pipeline-ours.ts")];
      const rates = await interleave(
        {
          "convnet-lab": contestant(process.execPath, ours),
          "tf.data": contestant(venvPython(join(root, ".venv")), [file("pipeline_peers.py")]),
        },
        rounds,
        log,
      );
      return [compareRates("input pipeline", "tf.data", rates["convnet-lab"], rates["tf.data"])];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
