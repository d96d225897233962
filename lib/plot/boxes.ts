/** Images with boxes: what was found, and beside it what is there. */
import { type BoxFormat, convertBoxes } from "../detection/boxes.ts";
import { iouMatrix } from "../detection/iou.ts";
import { type BoxStyle, boxSample, colorsOf, drawBoxes, type PlacedBox } from "./box-overlay.ts";
import { checkCount, checkLabels, checkLength } from "./checks.ts";
import { meaningColors } from "./class-colors.ts";
import type { ImageListOptions, ImageOptions } from "./image-grid.ts";
import { type LegendEntry, legend, stacked } from "./legend.ts";
import { Picture } from "./picture.ts";
import { type Images, tilesOf } from "./pixels.ts";
import { shapeText, type TensorLike } from "./tensor.ts";
import { intoRows, layoutRows, type PlacedTile, placed, type Tile } from "./tiles.ts";

export interface PictureBox {
  /** Four numbers in pixels of the image, in the format of the options. */
  readonly box: ArrayLike<number>;
  /** Name of its class. Default: none. */
  readonly label?: string;
  /** How sure the detector is, 0 to 1. Default: none. */
  readonly score?: number;
  /** Overlap with the object it was compared with, 0 to 1. Default: none. */
  readonly iou?: number;
  /** Colour as `#rrggbb`. Default: one for each label. */
  readonly color?: string;
  /** Default: "solid". */
  readonly style?: BoxStyle;
  /** Paler than the others. Default: false. */
  readonly faint?: boolean;
}

/** Options of pictures with boxes. */
export interface BoxOptions extends ImageOptions {
  /** Of the boxes. Default: "xyxy". */
  readonly format?: BoxFormat;
  /** Names of classes in the order of their colours. Default: the labels in alphabetical order. */
  readonly classes?: readonly string[];
  /** Write label, score and IoU on the boxes. Default: true. */
  readonly texts?: boolean;
}

export interface BoxGridOptions extends BoxOptions, Pick<ImageListOptions, "titles" | "captions"> {
  /** Default: 4, or as many as there are images. */
  readonly columns?: number;
  /** Width of the whole grid. Default: 720. */
  readonly width?: number;
}

/**
 * Draws boxes over an image.
 *
 * @param options.width how wide the image is drawn, in CSS pixels. Default: 480.
 * @throws {RangeError} a box or a score is not finite, or a box has a negative size
 */
export function boxPicture(
  image: TensorLike,
  boxes: readonly PictureBox[],
  options: BoxOptions & { readonly width?: number } = {},
): Picture {
  const [tile] = one(image, options, "boxPicture");
  const width = options.width ?? 480;
  checkLength("width", width, "boxPicture");
  const at = overlay(
    placed(tile, width),
    tile,
    boxes,
    colors([boxes], options),
    options,
    "boxPicture",
  );
  const content = layoutRows([[at]], { gap: 0, pixelated: options.pixelated });
  return new Picture({ ...content, alt: `Image with ${describe(boxes)}` }, options);
}

/** Draws images with their boxes in rows and columns, all of the same width. */
export function boxGrid(
  images: Images,
  boxes: readonly (readonly PictureBox[])[],
  options: BoxGridOptions = {},
): Picture {
  const caller = "boxGrid";
  const tiles = tilesOf(images, options, caller);
  if (boxes.length !== tiles.length) {
    throw new RangeError(
      `${caller}: there are ${boxes.length} lists of boxes for ${tiles.length} images.`,
    );
  }
  checkLabels({ titles: options.titles, captions: options.captions }, tiles.length, caller);
  const columns = Math.min(options.columns ?? 4, tiles.length);
  checkCount("columns", columns, caller);
  const gap = options.gap ?? 12;
  const width = Math.floor(((options.width ?? 720) - (columns - 1) * gap) / columns);
  checkLength("the width of an image", width, caller);
  const color = colors(boxes, options);
  const all = tiles.map((tile, i) => ({
    ...overlay(placed(tile, width), tile, boxes[i]!, color, options, `${caller}: image ${i}`),
    title: options.titles?.[i],
    caption: options.captions?.[i],
  }));
  const content = layoutRows(intoRows(all, columns), { gap, pixelated: options.pixelated });
  const each = boxes.map((list, i) =>
    [options.titles?.[i], describe(list)].filter(Boolean).join(": "),
  );
  const alt = `${tiles.length} images. ${each.slice(0, 8).join("; ")}${each.length > 8 ? "; …" : ""}`;
  return new Picture({ ...content, alt }, options);
}

export interface TruthOptions extends BoxOptions {
  /** From this overlap on, with the right class, an object counts as found. Default: 0.5. */
  readonly iouThreshold?: number;
  /** How wide the image is drawn, in CSS pixels. Default: 480. */
  readonly width?: number;
}

/**
 * Draws what was found over what is there. Found right are the detections that get an object of their class, the surest
 * first, each object once; they show their IoU. Below stands what the lines mean.
 */
export function truthAndPrediction(
  image: TensorLike,
  truths: readonly PictureBox[],
  detections: readonly PictureBox[],
  options: TruthOptions = {},
): Picture {
  const caller = "truthAndPrediction";
  const [tile] = one(image, options, caller);
  const { width = 480, iouThreshold = 0.5, format = "xyxy" } = options;
  checkLength("width", width, caller);
  const ious = iouMatrix(
    detections.map(({ box }) => box),
    truths.map(({ box }) => box),
    { format },
  );
  const finder = new Map<number, number>();
  const order = detections.map((_, d) => d);
  order.sort((a, b) => (detections[b]!.score ?? 0) - (detections[a]!.score ?? 0) || a - b);
  for (const d of order) {
    let best = -1;
    truths.forEach(({ label }, t) => {
      const free = label === detections[d]!.label && ![...finder.values()].includes(t);
      if (free && ious[d]![t]! >= Math.max(iouThreshold, best < 0 ? 0 : ious[d]![best]!)) best = t;
    });
    if (best >= 0) finder.set(d, best);
  }
  const found = new Set(finder.values());
  const { right, wrong, missed } = meaningColors;
  const boxes: PictureBox[] = [
    ...truths.map((truth, t): PictureBox => {
      const seen = found.has(t);
      return {
        box: truth.box,
        style: "dashed",
        color: seen ? "#ffffff" : missed,
        ...(!seen && { label: truth.label }),
      };
    }),
    ...detections.map((detection, d): PictureBox => {
      const truth = finder.get(d);
      const own = { ...detection, color: truth === undefined ? wrong : right };
      return truth === undefined ? own : { ...own, iou: ious[d]![truth]! };
    }),
  ];
  const at = overlay(placed(tile, width), tile, boxes, () => right, options, caller);
  const entries: LegendEntry[] = [
    { text: `found (${found.size})`, ...boxSample("solid", right) },
    { text: `false (${detections.length - found.size})`, ...boxSample("solid", wrong) },
    { text: `missed (${truths.length - found.size})`, ...boxSample("dashed", missed) },
    { text: "truth that was found", ...boxSample("dashed", "#ffffff") },
  ];
  const content = stacked(
    layoutRows([[at]], { gap: 0, pixelated: options.pixelated }),
    legend(entries, width),
  );
  const alt =
    `Image with ${truths.length} objects, of which ${found.size} are found and ${truths.length - found.size} missed, and ` +
    `${detections.length - found.size} false detections`;
  return new Picture({ ...content, alt }, options);
}

function one(image: TensorLike, options: ImageOptions, caller: string): [Tile] {
  const tiles = tilesOf(image, options, caller);
  if (tiles.length === 1) return tiles as [Tile];
  throw new RangeError(`${caller}: ${shapeText(image.shape)} holds several images; give one.`);
}

function colors(boxes: readonly (readonly PictureBox[])[], { classes }: BoxOptions) {
  return colorsOf(
    boxes.flat().map(({ label }) => label),
    classes,
  );
}

/** The tile with its boxes, in CSS pixels. */
function overlay(
  at: PlacedTile,
  tile: Tile,
  boxes: readonly PictureBox[],
  color: (label: string | undefined) => string,
  { format = "xyxy", texts = true }: BoxOptions,
  caller: string,
): PlacedTile {
  for (const name of ["score", "iou"] as const) {
    boxes.forEach((box, i) => {
      const value = box[name];
      if (value === undefined || Number.isFinite(value)) return;
      throw new RangeError(
        `${caller}: the ${name} of box ${i} is ${value}, expected a finite number.`,
      );
    });
  }
  const converted = convertBoxes(
    boxes.map(({ box }) => box),
    { from: format, to: "xywh" },
  );
  const [scaleX, scaleY] = [at.width / tile.width, at.height / tile.height];
  const drawn = boxes.map((box, i): PlacedBox => {
    const [left, top, width, height] = converted[i]!;
    return {
      left: left * scaleX,
      top: top * scaleY,
      width: width * scaleX,
      height: height * scaleY,
      color: box.color ?? color(box.label),
      style: box.style ?? "solid",
      faint: box.faint ?? false,
      text: texts ? textOf(box) : "",
    };
  });
  return { ...at, overlay: (context) => drawBoxes(context, drawn, at) };
}

function textOf({ label, score, iou }: PictureBox): string {
  const parts = [label, score?.toFixed(2), iou === undefined ? undefined : `IoU ${iou.toFixed(2)}`];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

function describe(boxes: readonly PictureBox[]): string {
  if (boxes.length === 0) return "no boxes";
  const texts = boxes.map(textOf).filter(Boolean);
  const listed = texts.slice(0, 12).join(", ") + (texts.length > 12 ? ", …" : "");
  return `${boxes.length} ${boxes.length === 1 ? "box" : "boxes"}${listed && `: ${listed}`}`;
}
