/** Runs a program for a cell: what it prints comes as it prints it, and an interrupt ends it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Cell } from "../cells.ts";
import type { MagicOptions } from "./index.ts";
import { MagicError } from "./words.ts";

/** As they were before they took account of cells: those of a stopped cell do not run. */
const { setTimeout, clearTimeout } = globalThis;

export interface ProgramOptions {
  readonly cell: Cell;
  readonly put: MagicOptions["put"];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The arguments are given to cmd.exe as they are. */
  readonly verbatim?: boolean;
  /** Shows nothing. */
  readonly quiet?: boolean;
}

/** Milliseconds in which what a program leaves behind may finish what it prints. */
const lastWords = 100;
/** Milliseconds after which a program that an interrupt did not end is killed. */
const patience = 500;

/** @returns how it ended where that was no success */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cell, put, env, cwd, verbatim = false, quiet = false }: ProgramOptions,
): Promise<string | undefined> {
  // In the group of this process, so that it ends with it.
  const child = spawn(program, args, {
    ...{ env, cwd, windowsVerbatimArguments: verbatim, windowsHide: true },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const forward = (name: "stdout" | "stderr", stream: Readable) => {
    const decoder = new StringDecoder("utf8");
    stream.on("data", (data: Buffer) => {
      const text = decoder.write(data);
      if (!quiet && text !== "") put(cell, name, text);
    });
    stream.on("end", () => {
      const rest = decoder.end();
      if (!quiet && rest !== "") put(cell, name, rest);
    });
  };
  forward("stdout", child.stdout);
  forward("stderr", child.stderr);
  const interrupt = () => void stop(child);
  cell.signal.addEventListener("abort", interrupt);
  try {
    return await ended(child, program);
  } finally {
    cell.signal.removeEventListener("abort", interrupt);
  }
}

function ended(child: ChildProcess, program: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        ENOENT: `there is no ${program} here`,
        E2BIG: "the command with its values is too long",
      };
      const reason = reasons[error.code ?? ""] ?? error.message;
      reject(new MagicError(`The command cannot be run: ${reason}.`));
    });
    child.once("exit", (code, signal) => {
      const end = signal ? `ended by ${signal}` : code === 0 ? undefined : describe(code ?? -1);
      // What it has started in the background may hold the pipes open.
      const timer = setTimeout(() => resolve(end), lastWords);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  });
}

function describe(code: number): string {
  // As a shell tells that its last command was ended by a signal.
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  const meaning = code === 127 ? ", command not found" : signal ? `, ${signal[0]}` : "";
  return `exit status ${code}${meaning}`;
}

async function stop(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const family = familyOf(pid);
  for (const each of family) send(each.pid, "SIGINT");
  await new Promise((resolve) => setTimeout(resolve, patience));
  // What a shell runs in the background does not hear SIGINT. A number may be that of another process by now.
  const now = new Map(processes().map((each) => [each.pid, each.started]));
  for (const each of family) if (now.get(each.pid) === each.started) send(each.pid, "SIGKILL");
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** When, in whatever unit. */
  readonly started: string;
}

/** A process, all that it has started, and what these have started. */
function familyOf(root: number): ProcessEntry[] {
  const all = processes();
  const family = new Set(all.filter(({ pid }) => pid === root));
  // A set that grows while it is gone through is gone through to its end.
  for (const { pid } of family) for (const each of all) if (each.parent === pid) family.add(each);
  return [...family];
}

function processes(): ProcessEntry[] {
  if (process.platform === "win32") return [];
  if (process.platform === "linux") return processesOfLinux();
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,lstart="], { encoding: "utf8" });
  return [...(stdout ?? "").matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)].map(
    ([, pid, parent, started = ""]) => ({ pid: Number(pid), parent: Number(parent), started }),
  );
}

function processesOfLinux(): ProcessEntry[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The program's name, in parentheses, may hold anything.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [{ pid: Number(name), parent: Number(fields[1]), started: fields[19] ?? "" }];
    } catch {
      return [];
    }
  });
}
