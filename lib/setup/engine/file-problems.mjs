import { Problem } from "./problem.mjs";

/**
 * @param {string} folder
 * @param {number} free bytes
 * @param {number} needed bytes
 */
export function tooLittleDisk(folder, free, needed) {
  const gigabytes = (/** @type {number} */ bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  return new Problem(
    `The disk of ${folder} has ${gigabytes(free)} free, and the set-up needs ${gigabytes(needed)}.`,
    `free some space (\`df -h "${folder}"\` shows how much there is), then run the same command again`,
  );
}

/**
 * Makes a Problem of an error of the file system; other errors stay as they are.
 *
 * @param {unknown} error
 * @param {string} folder what was being changed
 * @returns {Error & { mend?: string }}
 */
export function explain(error, folder) {
  if (!(error instanceof Error)) return new Error(String(error));
  const { code, syscall } = /** @type {NodeJS.ErrnoException} */ (error);
  // So Node reports that the first of several nested folders cannot be made.
  const cannotMake = code === "ENOENT" && syscall === "mkdir";
  switch (cannotMake ? "EACCES" : code) {
    case "ENOSPC":
      return new Problem(
        `The disk is full: ${error.message}`,
        `free some space (\`df -h "${folder}"\` shows how much there is), then run the same command again`,
        { cause: error },
      );
    case "EACCES":
    case "EPERM":
    case "EBUSY":
    case "EROFS":
      return new Problem(
        `${folder} cannot be changed: ${error.message}`,
        "close the programs that use it, make sure that it is yours to write, then run the same command again",
        { cause: error },
      );
    default:
      return error;
  }
}
