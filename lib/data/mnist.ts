/** MNIST: 28×28 handwritten digits (LeCun, Bottou, Bengio and Haffner, 1998). */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { type FetchOptions, fetchDataset } from "../downloads/index.ts";
import type { Dataset } from "./dataset.ts";
import { fromArrays, type Rows, type RowTensors } from "./dataset-sources.ts";

/** An array in the IDX format, of bytes. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/**
 * Reads the IDX format of MNIST's files: two zeros, the type (8: bytes), the number of dimensions, each dimension
 * as 32 bits big-endian, the values.
 *
 * @param name what to call the data in errors
 * @throws {Error} other data, other types, or fewer or more values than the dimensions say
 */
export function readIdx(bytes: Uint8Array, name = "The data"): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) {
    throw new Error(`${name} is not in the IDX format: it does not begin with two zeros.`);
  }
  if (bytes[2] !== 8) {
    throw new Error(`${name} has IDX values of type ${bytes[2]}, expected 8 (unsigned bytes).`);
  }
  const rank = bytes[3] as number;
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw new Error(`${name} ends within its IDX header.`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, n) => product * n, 1);
  if (bytes.length - start !== size) {
    throw new Error(
      `${name} has ${bytes.length - start} values, but its header says [${shape.join(", ")}].`,
    );
  }
  return { shape, values: bytes.subarray(start) };
}

export type Digits = Dataset<RowTensors<{ x: Rows; y: Rows }>>;

/**
 * MNIST as two datasets of `{ x, y }`: x float32 [28, 28, 1] from 0 to 1, y the digit, float32. In memory it takes
 * 55 MB, as bytes.
 *
 * @throws {Error} what `fetchDataset` throws, or a damaged file
 */
export async function mnist(
  options: FetchOptions = {},
): Promise<{ readonly train: Digits; readonly test: Digits }> {
  const paths = await fetchDataset("mnist", options);
  const [trainX, trainY, testX, testY] = await Promise.all(
    paths.map(async (path) => {
      const packed = await readFile(path);
      try {
        return readIdx(gunzipSync(packed), path);
      } catch (error) {
        throw new Error(`${path} is damaged: ${(error as Error).message} Get the file again.`, {
          cause: error,
        });
      }
    }),
  );
  return {
    train: digits(trainX as IdxArray, trainY as IdxArray),
    test: digits(testX as IdxArray, testY as IdxArray),
  };
}

function digits(images: IdxArray, labels: IdxArray): Digits {
  return fromArrays({
    x: { values: images.values, shape: [...images.shape, 1], scale: 1 / 255 },
    y: labels,
  });
}
