/** One picture of shapes: which objects, where, of which colours. */
import { drawBackground, type Photo, randomDirection } from "./background.ts";
import { boundsOf, type Coverage, cover, outlineOf } from "./outlines.ts";
import { type ShapeObject, type ShapeScene, shapeClasses } from "./set.ts";

const MOST_OBJECTS = 8;
/** Longer side of an object's box, as part of the picture's side. */
const SHORTEST = 0.08;
const LONGEST = 0.5;
/** Thinnest side before turning, as part of the picture's side: a class must stay recognizable. */
const THINNEST = 0.05;
/** So much of an object may be covered by others, and so large may the IoU of two boxes be. */
const MOST_OVERLAP = 0.3;
/** Distance of an object's colour from what is behind it, in RGB. */
const LEAST_CONTRAST = 60;
const TRIES = 30;

type Box = [left: number, top: number, right: number, bottom: number];

interface Placed {
  readonly label: number;
  readonly pixels: number;
  box: Box;
  visible: number;
}

/** Draws a scene into its arrays. */
export function drawScene(
  scene: Omit<ShapeScene, "objects">,
  size: number,
  photos: readonly Photo[],
  random: () => number,
): ShapeObject[] {
  const colors = new Float64Array(3 * size * size);
  drawBackground(colors, size, photos[Math.floor(random() * photos.length)] as Photo, random);
  const count = 1 + Math.floor(random() * MOST_OBJECTS);
  const placed: Placed[] = [];
  for (let i = 0; i < count; i++) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const label = Math.floor(random() * shapeClasses.length);
      const coverage = propose(label, size, placed, random);
      const changed = fits(coverage, placed, scene.instances, size);
      if (!changed) continue;
      for (const [k, after] of changed.entries()) Object.assign(placed[k] as Placed, after);
      const box = add(coverage, scene, size, label, placed.length + 1);
      const pixels = coverage.values.reduce((sum, value) => sum + Number(value >= 0.5), 0);
      placed.push({ label, pixels, box, visible: pixels });
      paint(coverage, colors, size, random);
      break;
    }
  }
  addNoise(colors, scene.image, random);
  return placed.map(({ label, box, visible }) => ({ label, box, area: visible }));
}

/** An object at a random place; often beside another one, so that overlaps are not rare. */
function propose(
  label: number,
  size: number,
  placed: readonly Placed[],
  random: () => number,
): Coverage {
  const kind = shapeClasses[label] as (typeof shapeClasses)[number];
  const share = random();
  // The square makes small objects more frequent than large ones.
  const length = (SHORTEST + (LONGEST - SHORTEST) * share * share) * size;
  const thin = kind !== "star" && random() < 0.35;
  const wanted =
    kind === "star" ? 0.8 + 0.2 * random() : thin ? 0.25 + 0.3 * random() : 0.7 + 0.3 * random();
  const aspect = Math.min(1, Math.max(wanted, (THINNEST * size) / length));
  const outline = outlineOf(kind, aspect, randomDirection(random), length - 0.5);
  const [left, top, right, bottom] = boundsOf(outline);
  let x = random() * (size - (right - left)) - left;
  let y = random() * (size - (bottom - top)) - top;
  if (placed.length > 0 && random() < 0.5) {
    const near = (placed[Math.floor(random() * placed.length)] as Placed).box;
    const [dx, dy] = randomDirection(random);
    x = (near[0] + near[2]) / 2 + 0.45 * dx * (near[2] - near[0] + right - left);
    y = (near[1] + near[3]) / 2 + 0.45 * dy * (near[3] - near[1] + bottom - top);
    x = Math.min(size - right, Math.max(-left, x));
    y = Math.min(size - bottom, Math.max(-top, y));
  }
  return cover(outline, [x, y]);
}

/** What remains visible of the objects before if this one comes in front; undefined if it covers too much. */
function fits(
  coverage: Coverage,
  placed: readonly Placed[],
  instances: Uint8Array,
  size: number,
): Pick<Placed, "box" | "visible">[] | undefined {
  const { left, top, width, height, values } = coverage;
  if (left < 0 || top < 0 || left + width > size || top + height > size) return undefined;
  const covered = new Uint32Array(placed.length + 1);
  const bounds = emptyBox();
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      if ((values[i] as number) < 0.5) continue;
      enlarge(bounds, left + column, top + row);
      covered[instances[(top + row) * size + left + column] as number]!++;
    }
  }
  if (longerSide(bounds) < SHORTEST * size) return undefined;
  const after: Pick<Placed, "box" | "visible">[] = [];
  for (const [k, one] of placed.entries()) {
    const visible = one.visible - (covered[k + 1] as number);
    if (visible < (1 - MOST_OVERLAP) * one.pixels) return undefined;
    const box =
      visible === one.visible ? one.box : visibleBox(k + 1, one.box, coverage, instances, size);
    if (longerSide(box) < SHORTEST * size || iou(box, bounds) > MOST_OVERLAP) return undefined;
    after.push({ box, visible });
  }
  return after;
}

/** The box of an object's pixels that the new one leaves. */
function visibleBox(
  id: number,
  [left, top, right, bottom]: Box,
  over: Coverage,
  instances: Uint8Array,
  size: number,
): Box {
  const box = emptyBox();
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (instances[y * size + x] !== id) continue;
      const [column, row] = [x - over.left, y - over.top];
      const inside = column >= 0 && row >= 0 && column < over.width && row < over.height;
      if (inside && (over.values[row * over.width + column] as number) >= 0.5) continue;
      enlarge(box, x, y);
    }
  }
  return box;
}

/** Writes an object into the masks. */
function add(
  { left, top, width, height, values }: Coverage,
  { instances, semantic }: Pick<ShapeScene, "instances" | "semantic">,
  size: number,
  label: number,
  id: number,
): Box {
  const box = emptyBox();
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      if ((values[i] as number) < 0.5) continue;
      const at = (top + row) * size + left + column;
      instances[at] = id;
      semantic[at] = label + 1;
      enlarge(box, left + column, top + row);
    }
  }
  return box;
}

/** Colours an object: a gradient, sometimes stripes. No class has colours of its own. */
function paint(
  { left, top, width, height, values }: Coverage,
  colors: Float64Array,
  size: number,
  random: () => number,
): void {
  const behind = meanColor(left, top, width, height, colors, size);
  let color = [0, 0, 0];
  do color = [0, 0, 0].map(() => 20 + 215 * random());
  while (distance(color, behind) < LEAST_CONTRAST);
  const [dx, dy] = randomDirection(random);
  const slope = (40 * (random() - 0.5)) / Math.max(width, height);
  const striped = random() < 0.3;
  const period = 3 + 5 * random();
  const depth = striped ? 15 + 25 * random() : 0;
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      const part = Math.min(1, values[i] as number);
      if (part === 0) continue;
      const along = dx * (column - width / 2) + dy * (row - height / 2);
      const shade = slope * along + (Math.floor(along / period) % 2 === 0 ? depth : -depth);
      const at = 3 * ((top + row) * size + left + column);
      for (let c = 0; c < 3; c++) {
        const under = colors[at + c] as number;
        colors[at + c] = under + part * ((color[c] as number) + shade - under);
      }
    }
  }
}

/** Noise of every pixel and channel: the sum of four bytes, nearly normal. */
function addNoise(colors: Float64Array, image: Uint8Array, random: () => number): void {
  // Standard deviation of the sum: √(4 · (256² − 1) / 12) = 147.8.
  const scale = (5 + 10 * random()) / 147.8;
  for (let i = 0; i < colors.length; i++) {
    const bits = (random() * 2 ** 32) >>> 0;
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    const value = Math.floor((colors[i] as number) + scale * (sum - 510) + 0.5);
    image[i] = Math.max(0, Math.min(255, value));
  }
}

function meanColor(
  left: number,
  top: number,
  width: number,
  height: number,
  colors: Float64Array,
  size: number,
): number[] {
  const sum = [0, 0, 0];
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      for (let c = 0; c < 3; c++) sum[c]! += colors[3 * (y * size + x) + c] as number;
    }
  }
  return sum.map((value) => value / (width * height));
}

function distance(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((value, c) => value - (b[c] as number));
  return Math.sqrt(differences.reduce((sum, d) => sum + d * d, 0));
}

const emptyBox = (): Box => [Infinity, Infinity, -Infinity, -Infinity];

function enlarge(box: Box, x: number, y: number): void {
  if (x < box[0]) box[0] = x;
  if (y < box[1]) box[1] = y;
  if (x >= box[2]) box[2] = x + 1;
  if (y >= box[3]) box[3] = y + 1;
}

const longerSide = (box: Box): number => Math.max(box[2] - box[0], box[3] - box[1]);

function iou(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  const area = (box: Box) => (box[2] - box[0]) * (box[3] - box[1]);
  return both / (area(a) + area(b) - both);
}
