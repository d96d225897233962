/** The input pipeline in a fresh process: `pipeline-ours.ts FILES.json` prints {"rate": images/s}, after a pass to warm up. */
import { readFileSync } from "node:fs";
import { imageDataset, randomCrop, randomFlip } from "../../lib/data/index.ts";
import { tf } from "../../lib/tensorflow/index.ts";

const paths = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as string[];
const files = paths.map((path) => ({ path, label: 0 }));
const data = imageDataset(files, [256, 256])
  .shuffle({ seed: 1 })
  .map(({ x, y }, random) => {
    const part = randomFlip(randomCrop(x, [224, 224], random), random);
    return { x: tf.sub(tf.mul(part, 1 / 127.5), 1), y };
  })
  .batch(32)
  .prefetch(2);
const { by, reason } = await data.execution();
if (by !== "tensorflow") throw new Error(reason);

const rates: number[] = [];
for (let pass = 0; pass < 6; pass++) {
  const start = performance.now();
  let count = 0;
  for await (const { x, y } of data.iterate({
    start: pass * data.length,
    passes: pass + 1,
  })) {
    count += x.shape[0] as number;
    tf.dispose([x, y]);
  }
  if (count !== files.length) throw new Error(`${count} of ${files.length} images came`);
  rates.push((count * 1000) / (performance.now() - start));
}
const later = rates.slice(1).sort((a, b) => a - b);
console.log(JSON.stringify({ rate: later[2] }));
