/**
 * Copy and paste (G. Ghiasi et al. 2021, https://arxiv.org/abs/2012.07177): objects of other pictures, cut out along
 * their masks, go to free places of a picture. More to learn from a picture costs the network nothing.
 */
import { type ShapeObject, type ShapeScene, type ShapeSet, shapeScene } from "../../data/index.ts";

/** Of a picture: RGB [size, size, 3], the class of each pixel [size, size], and its objects. */
export interface PastedScene {
  readonly image: Uint8Array;
  readonly semantic: Uint8Array;
  readonly objects: readonly Pick<ShapeObject, "label" | "box">[];
}

/** How often a place is tried for each object. */
const TRIES = 8;

/**
 * A picture of a set with up to `count` objects of its other pictures, each in one of eight positions. Neither the
 * pasted objects nor those that were there are covered, so all boxes stay exact.
 *
 * @param random in [0, 1)
 */
export function pasteObjects(
  set: ShapeSet,
  index: number,
  count: number,
  random: () => number,
): PastedScene {
  const { size } = set;
  const scene = shapeScene(set, index);
  const image = scene.image.slice();
  const semantic = scene.semantic.slice();
  const objects: Pick<ShapeObject, "label" | "box">[] = [...scene.objects];
  const below = (n: number) => Math.floor(random() * n);
  for (let i = 0; i < count; i++) {
    const from = shapeScene(set, below(set.length));
    if (from.objects.length === 0) continue;
    const k = below(from.objects.length);
    const { label, box } = from.objects[k]!;
    const isWhole = from.objects.every((other, j) => j === k || !touch(box, other.box));
    if (!isWhole) continue;
    const turn = { x: random() < 0.5, y: random() < 0.5, transpose: random() < 0.5 };
    const [w, h] = [box[2] - box[0], box[3] - box[1]];
    const [width, height] = turn.transpose ? [h, w] : [w, h];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const [x, y] = [below(size - width + 1), below(size - height + 1)];
      const place = [x, y, x + width, y + height] as const;
      if (objects.some((other) => touch(place, other.box))) continue;
      copy({ image, semantic, size, x, y, width, height }, { scene: from, id: k + 1, box }, turn);
      objects.push({ label, box: place });
      break;
    }
  }
  return { image, semantic, objects };
}

type Corners = ShapeObject["box"];

const touch = (a: Corners, b: Corners): boolean =>
  a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

interface Place {
  readonly image: Uint8Array;
  readonly semantic: Uint8Array;
  readonly size: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function copy(
  { image, semantic, size, x, y, width, height }: Place,
  { scene, id, box }: { readonly scene: ShapeScene; readonly id: number; readonly box: Corners },
  turn: { readonly x: boolean; readonly y: boolean; readonly transpose: boolean },
): void {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const across = turn.x ? width - 1 - column : column;
      const down = turn.y ? height - 1 - row : row;
      const [dx, dy] = turn.transpose ? [down, across] : [across, down];
      const at = (box[1] + dy) * size + box[0] + dx;
      if (scene.instances[at] !== id) continue;
      const to = (y + row) * size + x + column;
      image.set(scene.image.subarray(3 * at, 3 * at + 3), 3 * to);
      semantic[to] = scene.semantic[at]!;
    }
  }
}
