/** Which weights are published where: the content of `data/weights.json`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../tensorflow/index.ts";
import type { PublishedWeights } from "../weights/index.ts";

export interface PublishedModel extends PublishedWeights {
  readonly architecture: string;
  readonly variant: string;
  /** Whether the classifier is in it; files without this note serve both. */
  readonly includeTop?: boolean;
}

let cache: readonly PublishedModel[] | undefined;

/** All published files of weights, with addresses and checksums. */
export function publishedModels(): readonly PublishedModel[] {
  cache ??= JSON.parse(readFileSync(join(packageRoot(), "data", "weights.json"), "utf8"));
  return cache as readonly PublishedModel[];
}

export function publishedWeights(
  architecture: string,
  variant: string,
  includeTop: boolean,
): PublishedModel | undefined {
  return publishedModels().find(
    (file) =>
      file.architecture === architecture &&
      file.variant === variant &&
      (file.includeTop ?? includeTop) === includeTop,
  );
}
