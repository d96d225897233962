/** What COCO's evaluation is asked: thresholds, sizes and numbers of detections. */
import type { CocoImageId } from "../../detection/coco-json.ts";
import { show } from "../../detection/numbers.ts";

export type IouType = "bbox" | "segm";

/** Smallest and largest area in pixels; both belong to the range. */
export type AreaRange = readonly [least: number, most: number];

export interface CocoOptions {
  /** Whether boxes or masks are compared. Default "bbox". */
  readonly iouType?: IouType;
  /** Ascending. Default 0.5, 0.55, … 0.95. */
  readonly iouThresholds?: readonly number[];
  /** Ascending, where precision is sampled. Default 0, 0.01, … 1. */
  readonly recallThresholds?: readonly number[];
  /** Detections of an image and category that count, three limits or more. Default [1, 10, 100]. */
  readonly maxDetections?: readonly number[];
  /** Default { all, small, medium, large }, divided at 32² and 96² pixels. */
  readonly areaRanges?: Readonly<Record<string, AreaRange>>;
  /** Default: all of the data set. */
  readonly imageIds?: readonly CocoImageId[];
  /** Default: all of the data set. */
  readonly categoryIds?: readonly number[];
  /** False: a box may match any category's, as for region proposals. Default true. */
  readonly useCategories?: boolean;
}

/** Options with their defaults. */
export interface CocoLimits {
  readonly iouType: IouType;
  readonly iouThresholds: readonly number[];
  readonly recallThresholds: readonly number[];
  readonly maxDetections: readonly number[];
  readonly areaLabels: readonly string[];
  readonly areaRanges: readonly AreaRange[];
  readonly useCategories: boolean;
}

const AREAS: Readonly<Record<string, AreaRange>> = {
  all: [0, 1e5 ** 2],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e5 ** 2],
};

/** @throws {RangeError} an option is out of its range */
export function limitsOf(options: CocoOptions): CocoLimits {
  const {
    iouType = "bbox",
    iouThresholds = evenlySpaced(0.5, 0.95, 10),
    recallThresholds = evenlySpaced(0, 1, 101),
    areaRanges = AREAS,
    useCategories = true,
  } = options;
  if (iouType !== "bbox" && iouType !== "segm") {
    throw new RangeError(`iouType is ${show(iouType)}, expected "bbox" or "segm".`);
  }
  checkAscending(iouThresholds, "iouThresholds");
  checkAscending(recallThresholds, "recallThresholds");
  const maxDetections = [...(options.maxDetections ?? [1, 10, 100])].sort((a, b) => a - b);
  if (
    maxDetections.length < 3 ||
    maxDetections.some(
      (limit, i) => !(Number.isInteger(limit) && limit > (maxDetections[i - 1] ?? 0)),
    )
  ) {
    throw new RangeError(
      `maxDetections is ${show(options.maxDetections)}, expected three different whole numbers above 0 or more: ` +
        "the twelve figures use three limits, and COCO's are [1, 10, 100].",
    );
  }
  const areas = Object.entries(areaRanges);
  for (const [label, range] of areas) {
    if (!Array.isArray(range) || range.length !== 2 || !(range[0] <= range[1])) {
      throw new RangeError(
        `areaRanges: ${label} is ${show(range)}, expected [least, most] in pixels.`,
      );
    }
  }
  if (areas.length === 0) throw new RangeError("areaRanges is empty, expected one range or more.");
  return {
    iouType,
    iouThresholds: [...iouThresholds],
    recallThresholds: [...recallThresholds],
    maxDetections,
    areaLabels: areas.map(([label]) => label),
    areaRanges: areas.map(([, range]) => range),
    useCategories,
  };
}

/** The same numbers as numpy's linspace, to the last bit: 0.75 is looked up among them. */
function evenlySpaced(first: number, last: number, count: number): number[] {
  const step = (last - first) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? last : i * step + first));
}

function checkAscending(values: readonly number[], what: string): void {
  if (values.length === 0) throw new RangeError(`${what} is empty, expected one number or more.`);
  values.forEach((value, i) => {
    if (!(value >= 0 && value <= 1) || value <= (values[i - 1] ?? -1)) {
      throw new RangeError(`${what}[${i}] is ${value}, expected ascending numbers from 0 to 1.`);
    }
  });
}
