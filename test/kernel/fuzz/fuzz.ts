/** Sends a kernel thousands of broken messages among whole ones, which all have to be answered. */

import { Random } from "../../random.ts";
import { type CellAnswer, Kernel } from "../client.ts";
import { descendants } from "../processes.ts";
import { memoryOf } from "../usage.ts";
import { kinds } from "./broken.ts";

export interface FuzzOptions {
  /** How many broken messages. */
  readonly messages: number;
  readonly seed: number;
  log(line: string): void;
}

export interface FuzzReport {
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  /** MB of all the kernel's processes after a tenth of the messages, and at the end. */
  readonly memory: readonly [number, number];
  /** What the kernel has logged. */
  readonly log: readonly string[];
}

/** Broken messages between two whole ones. */
const batch = 25;
const channels = ["shell", "control", "stdin"] as const;

export async function fuzz({ messages, seed, log }: FuzzOptions): Promise<FuzzReport> {
  const random = new Random(seed);
  const kernel = await Kernel.start();
  const counts: Record<string, number> = {};
  const problems: string[] = [];
  const open = new Map<string, string>();
  kernel.onStray = ({ type, parent }) => {
    const id = parent.msg_id ?? "";
    const expected = open.get(id);
    if (expected === undefined) problems.push(`a ${type} came that nothing asked for`);
    else if (expected !== type) problems.push(`a ${type} came in place of ${expected}`);
    open.delete(id);
  };
  const memory = async () => {
    const pid = kernel.process.pid!;
    return memoryOf([pid, ...(await descendants(pid))]);
  };
  try {
    await kernel.execute("const kept = 41");
    let early = 0;
    for (let sent = 0; sent < messages; sent += batch) {
      for (let i = 0; i < batch; i++) {
        const [kind, make] = random.pick(Object.entries(kinds));
        counts[kind] = (counts[kind] ?? 0) + 1;
        const { frames, answeredBy } = make(random, kernel.connection.key, kernel.session);
        if (answeredBy) open.set(answeredBy.id, answeredBy.type);
        await kernel[
          answeredBy ? random.pick(["shell", "control"] as const) : random.pick(channels)
        ].send(frames);
      }
      const n = sent / batch;
      const [cell, info, completion] = await Promise.all([
        kernel.execute(`kept + ${n}`),
        kernel.request("kernel_info_request", {}, { channel: n % 2 === 0 ? "shell" : "control" }),
        kernel.request("complete_request", { code: "Math.ma", cursor_pos: 7 }),
      ]);
      if (textOf(cell) !== String(41 + n)) problems.push(`cell ${n} gives ${textOf(cell)}`);
      if (info.reply.content.status !== "ok") problems.push("kernel_info was answered by an error");
      if (!completion.reply.content.matches?.includes("max")) problems.push("no completion");
      kernel.published.length = 0;
      if (early === 0 && sent >= messages / 10) early = await memory();
      if (n % 100 === 99) log(`${sent + batch} messages`);
    }
    // Cells run one after the other, so what was sent before this one has been answered.
    await kernel.execute("0");
    for (const [id, type] of open) problems.push(`no ${type} to ${id}`);
    if (!((await kernel.beat()) >= 0)) problems.push("no heartbeat");
    const lines = kernel.log.split("\n").filter((line) => line !== "");
    if (new Set(lines).size !== lines.length) problems.push("something is logged twice");
    return { counts, problems, memory: [early, await memory()], log: lines };
  } finally {
    kernel.onStray = () => {};
    await kernel.end();
  }
}

function textOf({ result, reply }: CellAnswer): unknown {
  return result?.data?.["text/plain"] ?? reply.content.evalue;
}
