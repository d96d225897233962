/** scikit-learn's digits: 1,797 handwritten digits of 8×8 pixels, in the wheel that the set-up installs. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { pythonPackageFile } from "../tensorflow/index.ts";
import { fromArrays } from "./dataset-sources.ts";
import type { Digits } from "./mnist.ts";

/**
 * The test set of the Optical Recognition of Handwritten Digits (E. Alpaydin and C. Kaynak, UCI, 1998, CC BY 4.0) as a
 * dataset of `{ x, y }`: x float32 [8, 8, 1] from 0 to 1, y the digit, float32.
 *
 * @throws {Error} scikit-learn is not installed
 */
export function sklearnDigits(): Digits {
  const file = pythonPackageFile(["sklearn", "datasets", "data", "digits.csv.gz"], "The digits");
  const rows = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n");
  const images = new Uint8Array(rows.length * 64);
  const labels = new Uint8Array(rows.length);
  rows.forEach((row, i) => {
    const values = row.split(",").map(Number);
    if (values.length !== 65) {
      throw new Error(`${file}, line ${i + 1}: ${values.length} values, expected 65.`);
    }
    labels[i] = values.pop() as number;
    images.set(values, i * 64);
  });
  return fromArrays({
    x: { values: images, shape: [rows.length, 8, 8, 1], scale: 1 / 16 },
    y: { values: labels, shape: [rows.length] },
  });
}
