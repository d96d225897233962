/** Files from their official addresses: the catalogue, resumable downloads with checksums, the cache, archives. */
export { type ExtractOptions, extractArchive } from "./archive.ts";
export {
  cacheFolder,
  type FetchOptions,
  fetchDataset,
  fetchFile,
  fetchFolder,
  localFile,
} from "./cache.ts";
export {
  type CatalogEntry,
  type CatalogFile,
  catalog,
  catalogEntry,
  type DatasetName,
} from "./catalog.ts";
export type { Progress } from "./progress.ts";
