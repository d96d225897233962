/** What a weights file in HDF5 consists of, whoever reads it. */
export interface HdfDataset {
  readonly kind: "dataset";
  readonly path: string;
  readonly shape: readonly number[];
  /** Row-major; half and double precision come as float32. */
  read(): Float32Array;
}

export interface HdfGroup {
  readonly kind: "group";
  keys(): string[];
  /** What is at a path below this group. */
  get(path: string): HdfGroup | HdfDataset | undefined;
  /** The texts of an attribute; undefined where there is none or where it is no text. */
  texts(attribute: string): string[] | undefined;
}
