/** Truths and detections as a program has them, without COCO's JSON around them. */
import { type BoxFormat, checkBox, checkFormat, toXywh } from "../detection/boxes.ts";
import { show } from "../detection/numbers.ts";

interface LabelledBox {
  /** Which image it is in: a number, or a name. */
  readonly image: number | string;
  /** Its class: a number, or a name. */
  readonly label: number | string;
  /** Four numbers, in the format that the options name. */
  readonly box: ArrayLike<number>;
}

export interface TrueBox extends LabelledBox {
  /** COCO: a group of objects, not to be found one by one. */
  readonly crowd?: boolean;
  /** Pascal VOC: hard to find; counts neither if found nor if missed. */
  readonly difficult?: boolean;
  /** COCO: pixels of the object, if other than those of its box. */
  readonly area?: number;
}

export interface FoundBox extends LabelledBox {
  /** The higher, the surer. */
  readonly score: number;
}

/** @throws {RangeError} a box, score or label is not what it should be; the message names its place */
export function checkLabelledBoxes(
  truths: readonly TrueBox[],
  detections: readonly FoundBox[],
  format: BoxFormat,
  caller: string,
): void {
  checkFormat(format, `${caller}: the format of the boxes`);
  const check = (boxes: readonly LabelledBox[], kind: string) => {
    boxes.forEach((box, i) => {
      const place = `${caller}: ${kind} ${i}`;
      for (const name of ["image", "label"] as const) {
        if (typeof box[name] === "string" || Number.isFinite(box[name])) continue;
        throw new RangeError(
          `${place}: its ${name} is ${show(box[name])}, expected a number or a name.`,
        );
      }
      if (box.box?.length !== 4) {
        throw new RangeError(`${place}: its box is ${show(box.box)}, expected four numbers.`);
      }
      checkBox(box.box, 0, format, `${place}: its box`);
    });
  };
  check(truths, "truth");
  check(detections, "detection");
  detections.forEach(({ score }, i) => {
    if (!Number.isFinite(score)) {
      throw new RangeError(
        `${caller}: detection ${i}: its score is ${show(score)}, expected a finite number.`,
      );
    }
  });
}

export const xywhOf = ({ box }: LabelledBox, format: BoxFormat) => toXywh(format, box, 0);

/** Numbers before names, each in ascending order. */
export function distinct<T extends number | string>(values: Iterable<T>): T[] {
  return [...new Set(values)].sort((a, b) => {
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : 1;
  });
}
