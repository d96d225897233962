import { isAbsolute, join, relative } from "node:path";

/** A path as seen from the notebook's folder, which reads the same on every machine, unless it is far away. */
export function shortPath(directory: string, path: string): string {
  const short = relative(directory, path);
  return isAbsolute(short) || short.startsWith(join("..", "..", "..")) ? path : short;
}
