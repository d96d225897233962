/** Draws an 8×8 grid of feature maps again and again; prints {"seconds": median}. */
import { featureMapGrid } from "../../lib/plot/index.ts";
import { median } from "./rounds.ts";

const [maps, size, draws] = [64, 56, 9];
const values = Float32Array.from(
  { length: size * size * maps },
  (_, i) => (i % maps) * Math.sin(((i % (size * maps)) * (1 + (i % maps))) / (size * maps)),
);
const tensor = { shape: [size, size, maps], dtype: "float32", dataSync: () => values };
const seconds: number[] = [];
for (let i = 0; i < draws + 1; i++) {
  const start = performance.now();
  await featureMapGrid(tensor, { channels: maps, columns: 8, scale: 1 }).toPNG();
  // The first draw loads fonts and compiles; matplotlib's is left out too.
  if (i > 0) seconds.push((performance.now() - start) / 1000);
}
console.log(JSON.stringify({ seconds: median(seconds) }));
