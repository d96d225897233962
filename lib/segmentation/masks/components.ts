/** Connected components: a first step from pixels of a class to instances. */

export interface ComponentOptions {
  /** Pixels that touch at a side (4) or also at a corner (8). Default: 4, as scipy has it. */
  readonly connectivity?: 4 | 8;
}

export interface Components {
  readonly height: number;
  readonly width: number;
  /** 0 background, components from 1 in the order in which rows from the top meet them. */
  readonly labels: Int32Array;
  readonly count: number;
}

export interface Component {
  /** In `labels`. */
  readonly id: number;
  /** The value that its pixels have in what was given. */
  readonly value: number;
  readonly area: number;
  /** `xyxy`: left, top, right, bottom; right and bottom are the first column and row outside. */
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

/**
 * Numbers the connected parts of a mask, as `scipy.ndimage.label` does; of a map of classes, parts of one class each.
 *
 * @param values [height · width] in rows; 0 is background
 * @throws {RangeError} the number of values is not height × width, or another connectivity
 */
export function connectedComponents(
  values: ArrayLike<number>,
  height: number,
  width: number,
  { connectivity = 4 }: ComponentOptions = {},
): Components {
  if (values.length !== height * width) {
    throw new RangeError(
      `connectedComponents: there are ${values.length} values for ${height}×${width} pixels.`,
    );
  }
  if (connectivity !== 4 && connectivity !== 8) {
    throw new RangeError(
      `connectedComponents: the connectivity is ${connectivity}, expected 4 or 8.`,
    );
  }
  const labels = new Int32Array(values.length);
  // Provisional labels that meet are made one, the smaller being the parent.
  const parents = [0];
  const root = (label: number): number => {
    let at = label;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]!]!;
    return at;
  };
  const before = neighboursBefore(connectivity);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const value = values[i]!;
      if (value === 0) continue;
      let own = 0;
      for (const [dy, dx] of before) {
        if (y + dy < 0 || x + dx < 0 || x + dx >= width) continue;
        const j = i + dy * width + dx;
        if (values[j] !== value) continue;
        const other = root(labels[j]!);
        if (own === 0) own = other;
        else if (other !== own) {
          parents[Math.max(own, other)] = Math.min(own, other);
          own = Math.min(own, other);
        }
      }
      if (own === 0) {
        own = parents.length;
        parents.push(own);
      }
      labels[i] = own;
    }
  }
  const final = new Int32Array(parents.length);
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0) continue;
    const own = root(labels[i]!);
    if (final[own] === 0) final[own] = ++count;
    labels[i] = final[own]!;
  }
  return { height, width, labels, count };
}

/** Neighbours that come earlier in rows, as [rows, columns]. */
function neighboursBefore(connectivity: 4 | 8): readonly (readonly [number, number])[] {
  const sides = [
    [-1, 0],
    [0, -1],
  ] as const;
  return connectivity === 4 ? sides : [...sides, [-1, -1], [-1, 1]];
}

/**
 * Area and box of each component, in the order of their numbers.
 *
 * @param values what the components were found in
 * @param minimumArea smaller ones are left out. Default: 1
 */
export function describeComponents(
  { labels, count, height, width }: Components,
  values: ArrayLike<number>,
  minimumArea = 1,
): Component[] {
  const areas = new Int32Array(count + 1);
  const classes = new Float64Array(count + 1);
  const boxes = Array.from({ length: count + 1 }, () => [width, height, 0, 0]);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const id = labels[i]!;
      if (id === 0) continue;
      areas[id]!++;
      classes[id] = values[i]!;
      const box = boxes[id]!;
      box[0] = Math.min(box[0]!, x);
      box[1] = Math.min(box[1]!, y);
      box[2] = Math.max(box[2]!, x + 1);
      box[3] = Math.max(box[3]!, y + 1);
    }
  }
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    value: classes[i + 1]!,
    area: areas[i + 1]!,
    box: boxes[i + 1] as unknown as Component["box"],
  })).filter(({ area }) => area >= minimumArea);
}
