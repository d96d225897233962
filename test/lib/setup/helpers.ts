import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../../lib/setup/paths.mjs";

const made: string[] = [];
const started = new Set<ChildProcess>();

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "convnet-lab-test-"));
  made.push(folder);
  return folder;
}

/** For `afterEach`: no process and no file of a test stays. */
export function cleanUp(): void {
  for (const child of started) child.kill("SIGKILL");
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A copy of what a fresh clone has of the set-up, with nothing installed. */
export function bareProject(): string {
  const project = temporaryFolder();
  for (const name of ["package.json", "package-lock.json", ".npmrc", "tsconfig.json"]) {
    cpSync(join(root, name), join(project, name));
  }
  for (const name of ["setup", join("tensorflow", "native")]) {
    cpSync(join(root, "lib", name), join(project, "lib", name), { recursive: true });
  }
  return project;
}

/** A folder for PATH that holds these programs and no others. */
export function pathWith(programs: Readonly<Record<string, string>>): string {
  const folder = join(temporaryFolder(), "bin");
  mkdirSync(folder);
  for (const [name, file] of Object.entries(programs)) symlinkSync(file, join(folder, name));
  return folder;
}

export interface Run {
  readonly child: ChildProcess;
  /** Both streams, so far. */
  readonly output: () => string;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

/** Starts Node with an environment that holds only what is given. */
export function startNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = root,
): Run {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on("close", (code) => {
      started.delete(child);
      resolve({ code, output });
    });
  });
  return { child, output: () => output, ended };
}

/** Waits until a condition holds; the test's own time limit ends a wait in vain. */
export async function until<T>(condition: () => T | undefined | false): Promise<T> {
  for (;;) {
    const value = condition();
    if (value) return value;
    await sleep(20);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
