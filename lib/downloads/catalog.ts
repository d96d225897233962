/** What data there is: addresses, checksums, licences, citations; the content of `data/catalog.json`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../tensorflow/index.ts";

export interface CatalogFile {
  /** Place below the cache and below a mirror. */
  readonly path: string;
  /** The official address. */
  readonly address: string;
  /** Length, where the official file never changes. */
  readonly bytes?: number;
  readonly sha256?: string;
}

export interface CatalogEntry {
  readonly title: string;
  readonly files: readonly CatalogFile[];
  readonly licence: string;
  readonly citation: string;
}

export type DatasetName = "mnist" | "flowers" | "hymenoptera" | "penn-fudan" | "bccd";

/** All datasets by name. */
export function catalog(): Readonly<Record<DatasetName, CatalogEntry>> {
  return JSON.parse(readFileSync(join(packageRoot(), "data", "catalog.json"), "utf8"));
}

/** @throws {Error} no such dataset */
export function catalogEntry(name: DatasetName): CatalogEntry {
  const entries = catalog();
  if (Object.hasOwn(entries, name)) return entries[name];
  throw new Error(`There is no dataset "${name}"; there are ${Object.keys(entries).join(", ")}.`);
}
