/** Blood cells under the microscope: 364 photographs with boxes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type FetchOptions, fetchFolder } from "../../downloads/index.ts";
import { parseVoc } from "../voc.ts";
import type { DetectionSample } from "./detection.ts";

/** Red blood cells, white blood cells, platelets. */
export const bccdClasses = ["RBC", "WBC", "Platelets"] as const;

export interface Bccd {
  readonly classes: typeof bccdClasses;
  readonly train: readonly DetectionSample[];
  readonly validation: readonly DetectionSample[];
  readonly test: readonly DetectionSample[];
}

/**
 * BCCD in its official split: 205 photographs to train on, 87 to validate, 72 to test, each 480×640 (S. Cheng, MIT
 * licence, https://github.com/Shenggan/BCCD_Dataset). Two boxes of a single pixel, slips of the mouse, are left out.
 *
 * @throws {Error} what `fetchFolder` throws, or a damaged annotation
 */
export async function bccd(options: FetchOptions = {}): Promise<Bccd> {
  const folder = join(await fetchFolder("bccd", options), "BCCD_Dataset-master", "BCCD");
  const part = async (name: string): Promise<DetectionSample[]> => {
    const list = await readFile(join(folder, "ImageSets", "Main", `${name}.txt`), "utf8");
    return Promise.all(
      list
        .trim()
        .split(/\s+/)
        .map((id) => sample(folder, id)),
    );
  };
  const [train, validation, test] = await Promise.all([part("train"), part("val"), part("test")]);
  return { classes: bccdClasses, train, validation, test };
}

async function sample(folder: string, id: string): Promise<DetectionSample> {
  const annotation = join(folder, "Annotations", `${id}.xml`);
  const { height, width, objects } = parseVoc(await readFile(annotation, "utf8"), annotation);
  const boxes = objects.flatMap(({ name, box }) => {
    const label = (bccdClasses as readonly string[]).indexOf(name);
    if (label < 0) {
      throw new Error(`${annotation}: the class is "${name}", expected ${bccdClasses.join(", ")}.`);
    }
    const isSlip = box[2] - box[0] <= 1 && box[3] - box[1] <= 1;
    return isSlip ? [] : [{ label, box }];
  });
  return { path: join(folder, "JPEGImages", `${id}.jpg`), height, width, objects: boxes };
}
