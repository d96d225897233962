import { type Stats, statSync } from "node:fs";

/** Changes when the file does; undefined where there is none that can be looked at. */
export function stampOf(path: string): string | undefined {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // No permission, or a part of the path is no folder.
  }
  return stats && `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
}
