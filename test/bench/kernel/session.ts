/** One kernel from its start to its end, as a person with a notebook uses it; what is wrong and fast does not count. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { executeContent } from "../../kernel/client.ts";
import { memoryOf } from "../../kernel/usage.ts";
import { median } from "../rounds.ts";
import { cellsIn } from "./cells.ts";
import { type Asked, type loops, type Measured, names } from "./measures.ts";

import type { Contestant } from "./peers.ts";
import { RunningKernel } from "./running.ts";

/** Milliseconds after which there is no answer. */
const busyLimit = 1_000;
const interruptLimit = 2_000;
/** Milliseconds in which lines may still come that were printed before the cell's end. */
const grace = 500;
const cellCount = 400;

/** Starts a kernel and runs its first cell as soon as it answers. */
export async function measureFirstCell(contestant: Contestant, measured: Measured): Promise<void> {
  const kernel = await RunningKernel.start(contestant);
  try {
    measured.add(names.start, kernel.startTime);
    measured.add(names.firstCell, await chained(kernel, 1));
  } finally {
    await kernel.end();
  }
}

/** A notebook of 400 cells, what they leave in memory, loops and output. */
export async function measureNotebook(contestant: Contestant, measured: Measured): Promise<void> {
  const kernel = await RunningKernel.start(contestant);
  const cells = cellsIn[contestant.language];
  try {
    await chained(kernel, 1);
    const memory = await settledMemory(kernel);
    const times: number[] = [];
    for (let n = 2; n <= cellCount; n++) {
      times.push(await chained(kernel, n));
      if (n === 100) measured.add(names.cells, median(times));
    }
    measured.add(names.lateCells, median(times.slice(-100)));
    const lateMemory = await settledMemory(kernel);
    if (memory > 0) {
      measured.add(names.memory, memory);
      measured.add(names.lateMemory, lateMemory);
      measured.add(names.growth, lateMemory / memory);
    }
    const inLoop = Number((await kernel.cell(cells.loop)).text);
    const inFunction = Number((await kernel.cell(cells.loopInFunction)).text);
    measured.add(names.loop, inLoop / inFunction);
    await measureCompletion(kernel, measured);
    await measureOutput(kernel, measured);
  } finally {
    await kernel.end();
  }
}

/** How fast requests are answered while a cell loops, and while one is in native code. */
export async function measureBusy(
  contestant: Contestant,
  during: keyof typeof loops,
  repeats: number,
  measured: Measured,
): Promise<void> {
  const kernel = await RunningKernel.start(contestant);
  const cells = cellsIn[contestant.language];
  try {
    await chained(kernel, 1);
    await begin(kernel, during === "loop" ? cells.endless["a loop"]! : cells.nativeCall);
    await sleep(100);
    const content = { code: cells.completion, cursor_pos: cells.completion.length };
    const asks: Record<Asked, () => Promise<number | undefined>> = {
      heartbeat: () => kernel.beat(busyLimit),
      kernel_info: () => kernel.ask("kernel_info_request", {}, busyLimit),
      completion: () => kernel.ask("complete_request", content, busyLimit),
      is_complete: () => kernel.ask("is_complete_request", content, busyLimit),
      inspect: () => kernel.ask("inspect_request", { ...content, detail_level: 0 }, busyLimit),
    };
    for (const [asked, ask] of Object.entries(asks) as [Asked, () => Promise<number>][]) {
      const name = names.busy(asked, during);
      for (let i = 0; i < repeats; i++) {
        const ms = await ask();
        measured.add(name, ms ?? busyLimit, ms === undefined ? "no answer" : undefined);
        if (ms === undefined) break;
      }
    }
  } finally {
    await kernel.end();
  }
}

/** How fast each kind of endless cell is stopped, with the state kept. */
export async function measureInterrupts(contestant: Contestant, measured: Measured): Promise<void> {
  const cells = cellsIn[contestant.language];
  let kernel = await RunningKernel.start(contestant);
  try {
    await chained(kernel, 1);
    for (const [title, source] of Object.entries(cells.endless)) {
      const { ms, note } = await interrupt(kernel, source);
      if (ms !== undefined) measured.add(names.interrupt(title), ms, note);
      if (note === undefined) continue;
      await kernel.end();
      kernel = await RunningKernel.start(contestant);
      await chained(kernel, 1);
    }
  } finally {
    await kernel.end();
  }
}

async function interrupt(
  kernel: RunningKernel,
  source: string,
): Promise<{ readonly ms?: number; readonly note?: string }> {
  const cell = await begin(kernel, source);
  // Not a cell of this language, or not at its top level.
  if (!cell) return { note: "not supported" };
  await sleep(50);
  const start = performance.now();
  await kernel.interrupt();
  const stopped = cell.ended.then(() => performance.now() - start);
  const ms = await Promise.race([stopped, sleep(interruptLimit, undefined, { ref: false })]);
  if (kernel.hasEnded) return { ms: interruptLimit, note: "the kernel ends" };
  if (ms === undefined) return { ms: interruptLimit, note: "not stopped" };
  const state = kernel.cell("v1").then(({ status }) => status === "ok");
  const isKept = await Promise.race([state.catch(() => false), sleep(1_000, false)]);
  return isKept ? { ms } : { ms, note: "the state is lost" };
}

/** Starts a cell and waits until it has said "go"; undefined where it never does. */
async function begin(
  kernel: RunningKernel,
  source: string,
): Promise<{ readonly ended: Promise<void> } | undefined> {
  let say = () => {};
  const go = new Promise<boolean>((resolve) => {
    say = () => resolve(true);
  });
  const ended = kernel.client
    .execute(source, {}, ({ content }) => {
      if (content.text?.includes("go")) say();
    })
    .then(
      () => {},
      () => {},
    );
  const hasBegun = await Promise.race([go, ended.then(() => false), sleep(3_000, false)]);
  return hasBegun ? { ended } : undefined;
}

async function chained(kernel: RunningKernel, n: number): Promise<number> {
  const { ms, text, status, error } = await kernel.cell(
    cellsIn[kernel.contestant.language].chain(n),
  );
  if (status !== "ok") throw new Error(`cell ${n}: ${error}`);
  if (text !== String(n)) throw new Error(`cell ${n} gives ${text}, expected ${n}`);
  return ms;
}

async function settledMemory(kernel: RunningKernel): Promise<number> {
  await sleep(700);
  return memoryOf(await kernel.processes());
}

async function measureCompletion(kernel: RunningKernel, measured: Measured): Promise<void> {
  const code = cellsIn[kernel.contestant.language].completion;
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const content = { code, cursor_pos: code.length };
    const ms = await kernel.ask("complete_request", content, 5_000);
    if (ms === undefined) throw new Error("no completion in 5 s");
    times.push(ms);
  }
  measured.add(names.completion, median(times));
}

async function measureOutput(kernel: RunningKernel, measured: Measured): Promise<void> {
  const cells = cellsIn[kernel.contestant.language];
  const linesIn = (text: string) => text.split("\n").length - 1;
  for (const count of [1_000, 100_000]) {
    const { ms, note } = await printed(kernel, cells.printLines(count), count, linesIn);
    measured.add(names.lines(count), ms, note && `${note} lines`);
  }
  const length = 20_000_000;
  const { ms, note } = await printed(
    kernel,
    cells.printLine(length),
    length + 1,
    (text) => text.length,
  );
  measured.add(names.line, ms, note && `${note} characters`);
}

/** Milliseconds until all text has come, or until the cell's end where some never comes. */
async function printed(
  kernel: RunningKernel,
  code: string,
  expected: number,
  count: (text: string) => number,
): Promise<{ readonly ms: number; readonly note?: string }> {
  const { client } = kernel;
  let at = client.published.length;
  let [idle, last, got] = [0, 0, 0];
  const start = performance.now();
  const id = randomUUID();
  await client.send("execute_request", executeContent(code), { id });
  const wait = () => idle === 0 || (got < expected && performance.now() - idle < grace);
  while (wait()) {
    if (performance.now() - start > 60_000) throw new Error("the output does not end");
    await sleep(1);
    for (; at < client.published.length; at++) {
      const message = client.published[at]!;
      if (message.parent.msg_id !== id) continue;
      if (message.content.execution_state === "idle") idle = performance.now();
      if (message.type !== "stream") continue;
      got += count(message.content.text ?? "");
      last = performance.now();
    }
  }
  const ms = Math.max(idle, last) - start;
  if (got < expected) return { ms, note: `${expected - got} lost` };
  return { ms };
}
