/** What datasets with boxes have in common. */

export interface LabelledBox {
  /** Number of the class in the dataset's `classes`. */
  readonly label: number;
  /** `xyxy` in pixels as edges: left, top, right, bottom; right and bottom are the first column and row outside. */
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

/** A picture file with its boxes. */
export interface DetectionSample {
  /** The picture, for `loadImage`. */
  readonly path: string;
  readonly height: number;
  readonly width: number;
  readonly objects: readonly LabelledBox[];
}
