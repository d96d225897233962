/** Lets what child processes print stand where they printed it, between what JavaScript prints before and after. */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

type Call = (...args: unknown[]) => unknown;

/** @param mark separates what was put out before from what is put out after, on all ways to the front */
export function installChildProcesses(mark: () => void): void {
  const calls = childProcess as unknown as Record<string, Call>;
  for (const name of ["execSync", "execFileSync", "spawnSync"]) {
    const original = calls[name] as Call;
    const marked: Call = (...args) => {
      mark();
      try {
        return original(...args);
      } finally {
        mark();
      }
    };
    Object.defineProperty(marked, "name", { value: name });
    calls[name] = marked;
  }
  syncBuiltinESMExports();
}
