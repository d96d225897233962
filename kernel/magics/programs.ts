/** Which words are commands of a shell. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const builtins = new Set(
  (
    "alias bg cd command declare dirs echo eval exec exit export fg getopts hash help history jobs kill let local " +
    "mapfile popd printf pushd pwd read readonly set shift shopt source test time times trap type typeset ulimit " +
    "umask unalias unset wait"
  ).split(" "),
);

export function isProgram(word: string): boolean {
  if (process.platform === "win32" || builtins.has(word) || word.includes("/")) return true;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => folder !== "" && isExecutable(join(folder, word)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
