/**
 * Projective transforms and rotation of pictures, which tfjs-node lacks: TensorFlow's own kernel forward, and the
 * exact gradients with respect to the pictures and to the transforms (Jaderberg et al., 2015,
 * https://arxiv.org/abs/1506.02025).
 */
import type { Tensor } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { type OpBackend, rawOp } from "../raw-op.ts";
import { gradient, kernel } from "./registry.ts";

interface TransformAttributes {
  readonly interpolation: "nearest" | "bilinear";
  readonly fillMode: "constant" | "reflect" | "wrap" | "nearest";
  readonly fillValue: number;
  readonly outputShape?: readonly [number, number];
}

interface RotateAttributes {
  readonly radians: number;
  readonly fillValue: number | readonly [number, number, number];
  readonly center: number | readonly [number, number];
}

const outputSize = (image: Tensor, { outputShape }: TransformAttributes): [number, number] =>
  outputShape ? [outputShape[0], outputShape[1]] : [image.shape[1] ?? 0, image.shape[2] ?? 0];

function transform(
  backend: OpBackend,
  image: Tensor,
  transforms: Tensor,
  attributes: TransformAttributes,
): Tensor {
  return core.tidy(() => {
    const size = core.tensor1d(outputSize(image, attributes), "int32");
    const fill = core.scalar(attributes.fillValue);
    return rawOp(backend, "ImageProjectiveTransformV3", [image, transforms, size, fill], {
      dtype: { type: "float32" },
      interpolation: { string: attributes.interpolation.toUpperCase() },
      fill_mode: { string: attributes.fillMode.toUpperCase() },
    });
  });
}

/** Where each pixel of the result comes from, [batch, h, w] each, and what that depends on. */
interface Sampling {
  readonly x: Tensor;
  readonly y: Tensor;
  /** Places in the result. */
  readonly column: Tensor;
  readonly row: Tensor;
  /** Denominator of the projection. */
  readonly depth: Tensor;
}

function sampling(transforms: Tensor, batch: number, [height, width]: [number, number]): Sampling {
  const wide = core.broadcastTo(transforms, [batch, 8]);
  const [a0, a1, a2, b0, b1, b2, c0, c1] = core
    .unstack(wide, 1)
    .map((each) => core.reshape(each, [batch, 1, 1])) as [
    ...[Tensor, Tensor, Tensor, Tensor],
    ...[Tensor, Tensor, Tensor, Tensor],
  ];
  const column = core.reshape(core.range(0, width), [1, 1, width]);
  const row = core.reshape(core.range(0, height), [1, height, 1]);
  const plane = (p: Tensor, q: Tensor, r: Tensor | number): Tensor =>
    core.add(core.add(core.mul(p, column), core.mul(q, row)), r);
  const depth = plane(c0, c1, 1);
  return {
    x: core.div(plane(a0, a1, a2), depth),
    y: core.div(plane(b0, b1, b2), depth),
    column,
    row,
    depth,
  };
}

/** A coordinate after the fill mode, and its derivative. */
interface Mapped {
  readonly at: Tensor;
  readonly slope: Tensor;
}

const truncated = (x: Tensor): Tensor => core.cast(core.cast(x, "int32"), "float32");

/** Brings coordinates beyond the picture back, as TensorFlow's kernel does in each fill mode. */
function mapped(at: Tensor, length: number, mode: TransformAttributes["fillMode"]): Mapped {
  const one = core.onesLike(at);
  if (mode === "constant") return { at, slope: one };
  const last = length - 1;
  const within = (x: Tensor): Tensor =>
    core.cast(core.logicalAnd(core.greaterEqual(x, 0), core.lessEqual(x, last)), "float32");
  const limited = (x: Tensor, slope: Tensor): Mapped => ({
    at: core.clipByValue(x, 0, last),
    slope: core.mul(slope, within(x)),
  });
  if (mode === "nearest" || length === 1) return limited(at, one);
  if (mode === "wrap") {
    const below = core.mul(length, core.add(truncated(core.div(core.neg(at), last)), 1));
    const above = core.mul(-length, truncated(core.div(at, last)));
    const beyond = core.where(core.greater(at, last), above, core.zerosLike(at));
    return limited(core.add(at, core.where(core.less(at, 0), below, beyond)), one);
  }
  // Reflection about the edges: d c b a | a b c d | d c b a.
  const period = 2 * length;
  const folded = core.sub(at, core.mul(period, core.floor(core.div(at, period))));
  const back = core.greaterEqual(folded, length);
  const mirrored = core.where(back, core.sub(period - 1, folded), folded);
  return limited(mirrored, core.where(back, core.neg(one), one));
}

/** One of the pixels that a pixel of the result is made from. */
interface Corner {
  /** [batch, h, w] each; int32, within the picture. */
  readonly row: Tensor;
  readonly column: Tensor;
  /** 1 inside of the picture, 0 where the fill value stands. */
  readonly inside: Tensor;
  readonly weight: Tensor;
}

function corner(image: Tensor, row: Tensor, column: Tensor, weight: Tensor): Corner {
  const [, height, width] = image.shape as [number, number, number];
  const inside = core.logicalAnd(
    core.logicalAnd(core.greaterEqual(row, 0), core.less(row, height)),
    core.logicalAnd(core.greaterEqual(column, 0), core.less(column, width)),
  );
  return {
    row: core.cast(core.clipByValue(row, 0, height - 1), "int32"),
    column: core.cast(core.clipByValue(column, 0, width - 1), "int32"),
    inside: core.cast(inside, "float32"),
    weight,
  };
}

/** [batch · h · w, 3]: picture, row and column of each corner. */
function places({ row, column }: Corner): Tensor {
  const batch = row.shape[0] as number;
  const picture = core.mul(
    core.reshape(core.range(0, batch, 1, "int32"), [batch, 1, 1]),
    core.onesLike(row),
  );
  return core.reshape(core.stack([picture, row, column], -1), [-1, 3]);
}

/** Half away from zero, as the kernel rounds. */
const rounded = (x: Tensor): Tensor =>
  core.where(core.less(x, 0), core.ceil(core.sub(x, 0.5)), core.floor(core.add(x, 0.5)));

function cornersOf(image: Tensor, x: Tensor, y: Tensor, interpolation: string): Corner[] {
  if (interpolation === "nearest") {
    return [corner(image, rounded(y), rounded(x), core.onesLike(x))];
  }
  const [left, top] = [core.floor(x), core.floor(y)];
  const [fx, fy] = [core.sub(x, left), core.sub(y, top)];
  const [gx, gy] = [core.sub(1, fx), core.sub(1, fy)];
  const [right, bottom] = [core.add(left, 1), core.add(top, 1)];
  return [
    corner(image, top, left, core.mul(gy, gx)),
    corner(image, top, right, core.mul(gy, fx)),
    corner(image, bottom, left, core.mul(fy, gx)),
    corner(image, bottom, right, core.mul(fy, fx)),
  ];
}

function where(image: Tensor, transforms: Tensor, attributes: TransformAttributes) {
  const size = outputSize(image, attributes);
  const from = sampling(transforms, image.shape[0] as number, size);
  const x = mapped(from.x, image.shape[2] as number, attributes.fillMode);
  const y = mapped(from.y, image.shape[1] as number, attributes.fillMode);
  return { from, x, y, corners: cornersOf(image, x.at, y.at, attributes.interpolation) };
}

function imageGradient(
  dy: Tensor,
  image: Tensor,
  transforms: Tensor,
  attributes: TransformAttributes,
): Tensor {
  return core.tidy(() => {
    const { corners } = where(image, transforms, attributes);
    const channels = image.shape[3] as number;
    const parts = corners.map((each) => {
      const share = core.expandDims(core.mul(each.weight, each.inside), -1);
      return core.reshape(core.mul(dy, share), [-1, channels]);
    });
    return core.scatterND(core.concat(corners.map(places)), core.concat(parts), image.shape);
  });
}

/** [n, 8] as the transforms; zero for nearest neighbours, which do not move but in jumps. */
function transformGradient(
  dy: Tensor,
  image: Tensor,
  transforms: Tensor,
  attributes: TransformAttributes,
): Tensor {
  if (attributes.interpolation === "nearest") return core.zerosLike(transforms);
  return core.tidy(() => {
    const { from, x, y, corners } = where(image, transforms, attributes);
    const fill = attributes.fillValue;
    const [topLeft, topRight, bottomLeft, bottomRight] = corners.map((each) => {
      const values = core.reshape(core.gatherND(image, places(each)), dy.shape);
      const inside = core.expandDims(each.inside, -1);
      const value = core.add(core.mul(values, inside), core.mul(fill, core.sub(1, inside)));
      return core.sum(core.mul(value, dy), -1);
    }) as [Tensor, Tensor, Tensor, Tensor];
    const fx = core.sub(x.at, core.floor(x.at));
    const fy = core.sub(y.at, core.floor(y.at));
    const between = (a: Tensor, b: Tensor, part: Tensor): Tensor =>
      core.add(a, core.mul(core.sub(b, a), part));
    const alongX = between(core.sub(topRight, topLeft), core.sub(bottomRight, bottomLeft), fy);
    const alongY = between(core.sub(bottomLeft, topLeft), core.sub(bottomRight, topRight), fx);
    const gx = core.div(core.mul(alongX, x.slope), from.depth);
    const gy = core.div(core.mul(alongY, y.slope), from.depth);
    const gDepth = core.neg(core.add(core.mul(gx, from.x), core.mul(gy, from.y)));
    const total = (slope: Tensor): Tensor => core.sum(slope, [1, 2]);
    const each = core.stack(
      [
        ...[total(core.mul(gx, from.column)), total(core.mul(gx, from.row)), total(gx)],
        ...[total(core.mul(gy, from.column)), total(core.mul(gy, from.row)), total(gy)],
        ...[total(core.mul(gDepth, from.column)), total(core.mul(gDepth, from.row))],
      ],
      1,
    ); // [batch, 8]
    return transforms.shape[0] === 1 ? core.sum(each, 0, true) : each;
  });
}

/** The transform that takes each place of the result to where it comes from: a turn about the centre. */
function rotation(image: Tensor, { radians, center }: RotateAttributes): Tensor {
  const [, height, width] = image.shape as [number, number, number];
  const [x, y] = typeof center === "number" ? [center, center] : center;
  const [cx, cy] = [x * width, y * height];
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const values = [cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy, 0, 0];
  return core.tensor2d(values, [1, 8]);
}

const turned = {
  interpolation: "nearest",
  fillMode: "constant",
  fillValue: 0,
} as const satisfies TransformAttributes;

/** A fill colour leaves the fourth channel opaque, as in tfjs' other backends. */
function fillColour(channels: number, fill: RotateAttributes["fillValue"]): number[] {
  return Array.from({ length: channels }, (_, channel) => {
    if (typeof fill === "number") return fill;
    return channel === 3 ? 255 : (fill[channel] ?? 0);
  });
}

export function installProjectiveTransforms(): void {
  kernel("Transform", ({ inputs, backend, attrs }) => {
    const { image, transforms } = inputs as { image: Tensor; transforms: Tensor };
    return transform(backend, image, transforms, attrs as unknown as TransformAttributes);
  });
  gradient("Transform", {
    inputsToSave: ["image", "transforms"],
    gradFunc: (dy, [image, transforms], attrs) => {
      const given = attrs as unknown as TransformAttributes;
      return {
        image: () => imageGradient(dy as Tensor, image as Tensor, transforms as Tensor, given),
        transforms: () =>
          transformGradient(dy as Tensor, image as Tensor, transforms as Tensor, given),
      };
    },
  });
  kernel("RotateWithOffset", ({ inputs, backend, attrs }) => {
    const { image } = inputs as { image: Tensor };
    const given = attrs as unknown as RotateAttributes;
    return core.tidy(() => {
      const matrix = rotation(image, given);
      const result = transform(backend, image, matrix, turned);
      const colour = fillColour(image.shape[3] as number, given.fillValue);
      if (colour.every((value) => value === 0)) return result;
      const covered = transform(backend, core.onesLike(image), matrix, turned);
      return core.add(result, core.mul(core.sub(1, covered), core.tensor1d(colour)));
    });
  });
  gradient("RotateWithOffset", {
    inputsToSave: ["image"],
    gradFunc: (dy, [image], attrs) => ({
      image: () =>
        core.tidy(() => {
          const matrix = rotation(image as Tensor, attrs as unknown as RotateAttributes);
          return imageGradient(dy as Tensor, image as Tensor, matrix, turned);
        }),
    }),
  });
}
