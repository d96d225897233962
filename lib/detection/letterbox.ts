/** Letterboxing: a picture of any size in one of a fixed size, undistorted, with bars beside it. */
import { resize } from "../data/resize.ts";
import { tf } from "../tensorflow/index.ts";
import { type Box, type Boxes, type BoxFormat, convertBoxes, type ImageSize } from "./boxes.ts";
import { show } from "./numbers.ts";

/** Where a picture went. Lengths in pixels. */
export interface Letterbox {
  readonly from: ImageSize;
  readonly to: ImageSize;
  /** Pixels of the new picture for each of the old, across and down: equal but for rounding to whole pixels. */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Bars at the left and at the top. */
  readonly left: number;
  readonly top: number;
}

export interface LetterboxOptions {
  /** The value of the bars. Default: 114, the usual grey; give 0.447 where values go to 1. */
  readonly fill?: number;
}

export interface LetterboxBoxOptions {
  readonly format: BoxFormat;
  /** Cut boxes off at the picture's edges; a box outside becomes one without area at the edge. Default: false. */
  readonly clip?: boolean;
}

/** Where a picture of the size `from` goes in one of the size `to`. */
export function letterboxOf(from: ImageSize, to: ImageSize): Letterbox {
  for (const [name, size] of Object.entries({ from, to })) {
    for (const side of [size?.width, size?.height]) {
      if (Number.isInteger(side) && side > 0) continue;
      throw new RangeError(
        `letterbox: the size ${name} is ${show(size)}, expected { width, height } in whole pixels above 0.`,
      );
    }
  }
  const scale = Math.min(to.width / from.width, to.height / from.height);
  const width = Math.max(1, Math.round(scale * from.width));
  const height = Math.max(1, Math.round(scale * from.height));
  return {
    from: { width: from.width, height: from.height },
    to: { width: to.width, height: to.height },
    scaleX: width / from.width,
    scaleY: height / from.height,
    left: Math.floor((to.width - width) / 2),
    top: Math.floor((to.height - height) / 2),
  };
}

/**
 * Fits a picture into a size.
 *
 * @param image [height, width, channels]
 * @returns the new picture, float32 [to.height, to.width, channels], and where the old one is in it
 */
export function letterbox(
  image: tf.Tensor3D,
  to: ImageSize,
  { fill = 114 }: LetterboxOptions = {},
): { image: tf.Tensor3D; letterbox: Letterbox } {
  if (image.rank !== 3) {
    throw new RangeError(
      `letterbox: the picture has the shape [${image.shape}], expected [height, width, channels].`,
    );
  }
  const [height, width] = image.shape;
  const place = letterboxOf({ width, height }, to);
  const fitted = tf.tidy(() => {
    const inner: [number, number] = [
      Math.round(place.scaleY * height),
      Math.round(place.scaleX * width),
    ];
    const small =
      inner[0] === height && inner[1] === width ? tf.cast(image, "float32") : resize(image, inner);
    const bottom = to.height - inner[0] - place.top;
    const right = to.width - inner[1] - place.left;
    return tf.pad3d(
      small,
      [
        [place.top, bottom],
        [place.left, right],
        [0, 0],
      ],
      fill,
    );
  });
  return { image: fitted, letterbox: place };
}

/** Boxes of the old picture, in pixels, as they are in the new one. */
export function toLetterbox(
  boxes: Boxes,
  { scaleX, scaleY, left, top, to }: Letterbox,
  options: LetterboxBoxOptions,
): Box[] {
  return mapped(boxes, options, to, ([a, b, c, d]) => [
    a * scaleX + left,
    b * scaleY + top,
    c * scaleX + left,
    d * scaleY + top,
  ]);
}

/** Boxes of the new picture, in pixels, as they are in the old one. */
export function fromLetterbox(
  boxes: Boxes,
  { scaleX, scaleY, left, top, from }: Letterbox,
  options: LetterboxBoxOptions,
): Box[] {
  return mapped(boxes, options, from, ([a, b, c, d]) => [
    (a - left) / scaleX,
    (b - top) / scaleY,
    (c - left) / scaleX,
    (d - top) / scaleY,
  ]);
}

/** Cuts a box (left, top, right, bottom) off at the edges of a picture. */
export function clipBox([left, top, right, bottom]: Box, { width, height }: ImageSize): Box {
  const inside = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return [inside(left, width), inside(top, height), inside(right, width), inside(bottom, height)];
}

function mapped(
  boxes: Boxes,
  { format, clip = false }: LetterboxBoxOptions,
  size: ImageSize,
  map: (box: Box) => Box,
): Box[] {
  const moved = convertBoxes(boxes, { from: format, to: "xyxy" }).map(map);
  const cut = clip ? moved.map((box) => clipBox(box, size)) : moved;
  return convertBoxes(cut, { from: "xyxy", to: format });
}
