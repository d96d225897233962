/** The grid of a detector over an image: which cell is responsible for which object, or how sure each cell is. */
import { type BoxFormat, convertBoxes } from "../detection/boxes.ts";
import { boxSample, colorsOf, drawBoxes } from "./box-overlay.ts";
import type { PictureBox } from "./boxes.ts";
import { checkCount, checkLength } from "./checks.ts";
import { colorScale } from "./color-scale.ts";
import { type ColorMapName, colorMapOf, cssColor } from "./colors.ts";
import type { ImageOptions } from "./image-grid.ts";
import { legend, stacked } from "./legend.ts";
import { Picture } from "./picture.ts";
import { tilesOf } from "./pixels.ts";
import { shapeText, type TensorLike } from "./tensor.ts";
import { layoutRows, placed, type Tile } from "./tiles.ts";

export interface DetectorGridOptions extends ImageOptions {
  readonly rows: number;
  readonly columns: number;
  /** Objects; the cell that the centre of one lies in is marked. Default: none. */
  readonly objects?: readonly PictureBox[];
  /** Of the objects' boxes. Default: "xyxy". */
  readonly format?: BoxFormat;
  /** Names of classes in the order of their colours. Default: the labels in alphabetical order. */
  readonly classes?: readonly string[];
  /** A number for each cell from 0 to 1, row by row, drawn as colour: objectness. Default: none. */
  readonly values?: ArrayLike<number>;
  /** What the values are. Default: "Objectness". */
  readonly valueTitle?: string;
  /** Default: "plasma". */
  readonly colorMap?: ColorMapName;
  /** How wide the image is drawn, in CSS pixels. Default: 480. */
  readonly width?: number;
}

const DOT = 4;

/**
 * Draws the cells of a detector over an image.
 *
 * @throws {RangeError} there are not as many values as cells, or one is not finite
 */
export function detectorGrid(image: TensorLike, options: DetectorGridOptions): Picture {
  const caller = "detectorGrid";
  const { rows, columns, objects = [], values, format = "xyxy", width = 480 } = options;
  checkCount("rows", rows, caller);
  checkCount("columns", columns, caller);
  checkLength("width", width, caller);
  const tiles = tilesOf(image, options, caller);
  if (tiles.length !== 1) {
    throw new RangeError(`${caller}: ${shapeText(image.shape)} holds several images; give one.`);
  }
  if (values && values.length !== rows * columns) {
    throw new RangeError(
      `${caller}: there are ${values.length} values for ${rows} × ${columns} cells.`,
    );
  }
  for (let i = 0; i < (values?.length ?? 0); i++) {
    if (Number.isFinite(values![i])) continue;
    throw new RangeError(`${caller}: value ${i} is ${values![i]}, expected a finite number.`);
  }
  const [tile] = tiles as [Tile];
  const at = placed(tile, width);
  const [cellWidth, cellHeight] = [at.width / columns, at.height / rows];
  const color = colorsOf(
    objects.map(({ label }) => label),
    options.classes,
  );
  const boxes = convertBoxes(
    objects.map(({ box }) => box),
    { from: format, to: "xywh" },
  );
  const drawn = boxes.map(([left, top, boxWidth, boxHeight], i) => ({
    left: (left * at.width) / tile.width,
    top: (top * at.height) / tile.height,
    width: (boxWidth * at.width) / tile.width,
    height: (boxHeight * at.height) / tile.height,
    color: objects[i]!.color ?? color(objects[i]!.label),
    style: objects[i]!.style ?? ("solid" as const),
    faint: false,
    text: objects[i]!.label ?? "",
  }));
  const map = colorMapOf(options.colorMap ?? "plasma", caller);
  const content = layoutRows(
    [
      [
        {
          ...at,
          overlay: (context) => {
            for (let cell = 0; cell < (values?.length ?? 0); cell++) {
              const level = Math.min(1, Math.max(0, values![cell]!));
              context.globalAlpha = 0.15 + 0.55 * level;
              context.fillStyle = cssColor(map, Math.round(255 * level));
              const [x, y] = [cell % columns, Math.floor(cell / columns)];
              context.fillRect(x * cellWidth, y * cellHeight, cellWidth, cellHeight);
            }
            context.globalAlpha = 0.4;
            for (const { left, top, width: w, height: h, color: own } of drawn) {
              const x = Math.min(columns - 1, Math.floor((left + w / 2) / cellWidth));
              const y = Math.min(rows - 1, Math.floor((top + h / 2) / cellHeight));
              context.fillStyle = own;
              context.fillRect(x * cellWidth, y * cellHeight, cellWidth, cellHeight);
            }
            context.globalAlpha = 1;
            // A dark line and a light one beside it are seen on any image.
            for (const [offset, ink] of [
              [0, "rgba(0, 0, 0, 0.35)"],
              [1, "rgba(255, 255, 255, 0.55)"],
            ] as const) {
              context.strokeStyle = ink;
              context.lineWidth = 1;
              context.beginPath();
              for (let x = 1; x < columns; x++) {
                context.moveTo(x * cellWidth + offset, 0);
                context.lineTo(x * cellWidth + offset, at.height);
              }
              for (let y = 1; y < rows; y++) {
                context.moveTo(0, y * cellHeight + offset);
                context.lineTo(at.width, y * cellHeight + offset);
              }
              context.stroke();
            }
            drawBoxes(context, drawn, at);
            for (const { left, top, width: w, height: h, color: own } of drawn) {
              context.beginPath();
              context.arc(left + w / 2, top + h / 2, DOT, 0, 2 * Math.PI);
              context.fillStyle = own;
              context.fill();
              context.lineWidth = 1.5;
              context.strokeStyle = "#ffffff";
              context.stroke();
            }
          },
        },
      ],
    ],
    { gap: 0, pixelated: options.pixelated },
  );
  const title = options.valueTitle ?? "Objectness";
  const below = values
    ? colorScale(map, { title, low: "0", high: "1" })
    : legend(
        objects.length === 0
          ? []
          : [
              {
                text: "object; its centre lies in the marked cell",
                ...boxSample("solid", drawn[0]!.color),
              },
            ],
        width,
      );
  const alt =
    `Image with a grid of ${rows} rows and ${columns} columns` +
    (objects.length ? ` and ${objects.length} objects with the cells of their centres` : "") +
    (values ? `, ${title.toLowerCase()} as colour` : "");
  return new Picture({ ...stacked(content, below), alt }, options);
}
