/** What is measured, and how each kernel's figures become one comparison. */
import { median } from "../rounds.ts";
import type { Result } from "../types.ts";

export interface Figures {
  readonly values: number[];
  /** Why the figure says less than it seems to: no answer within the limit, lines lost. */
  note?: string;
}

/** One kernel's figures, by the name of the measure. */
export class Measured {
  readonly #figures = new Map<string, Figures>();

  add(name: string, value: number, note?: string): void {
    const figures = this.#figures.get(name) ?? { values: [] };
    figures.values.push(value);
    if (note !== undefined) figures.note = note;
    this.#figures.set(name, figures);
  }

  median(name: string): number | undefined {
    const figures = this.#figures.get(name);
    return figures && median(figures.values);
  }

  note(name: string): string | undefined {
    return this.#figures.get(name)?.note;
  }

  get names(): readonly string[] {
    return [...this.#figures.keys()];
  }
}

interface Measure {
  readonly unit: string;
  /** What ours is to stay under. */
  readonly target?: number;
}

const answers = ["heartbeat", "kernel_info", "completion", "is_complete", "inspect"] as const;
export type Asked = (typeof answers)[number];

export const loops = { loop: "a cell loops", native: "a native call runs" } as const;

export const names = {
  start: "start to kernel_info",
  firstCell: "first cell",
  cells: "cells 2 to 100",
  lateCells: "cells 301 to 400",
  loop: "top-level loop / in a function",
  memory: "memory after the first cell",
  lateMemory: "memory after 400 cells",
  growth: "memory after 400 cells / after 1",
  completion: "completion",
  lines: (count: number) => `${count.toLocaleString("en")} lines`,
  line: "20 MB in one line",
  busy: (asked: Asked, during: keyof typeof loops) => `${asked} while ${loops[during]}`,
  interrupt: (title: string) => `interrupt of ${title}`,
} as const;

export function measureOf(name: string): Measure {
  if (name === names.start) return { unit: "ms", target: 150 };
  if (name === names.firstCell) return { unit: "ms", target: 200 };
  if (name === names.lateCells) return { unit: "ms", target: 20 };
  if (name === names.loop) return { unit: "×", target: 3 };
  if (name === names.growth) return { unit: "×", target: 1.15 };
  if (name === names.completion) return { unit: "ms", target: 15 };
  if (name === names.memory || name === names.lateMemory) return { unit: "MB" };
  if (name.includes(" while ")) return { unit: "ms", target: 50 };
  if (name.startsWith("interrupt of ")) return { unit: "ms", target: 250 };
  return { unit: "ms" };
}

/** Ours against each peer, measure by measure; the smaller, the better, for all of them. */
export function compare(ours: Measured, peers: ReadonlyMap<string, Measured>): Result[] {
  return ours.names.flatMap((name) =>
    [...peers].flatMap(([peer, theirs]): Result[] => {
      const [a, b] = [ours.median(name), theirs.median(name)];
      if (a === undefined || b === undefined) return [];
      const note = theirs.note(name);
      const { unit } = measureOf(name);
      return [
        { name, peer, ours: a, theirs: b, unit, ratio: b / a, ...(note !== undefined && { note }) },
      ];
    }),
  );
}

/** One line for each figure that there is a target for. */
export function targetLines(ours: Measured): string[] {
  return ours.names.flatMap((name) => {
    const { unit, target } = measureOf(name);
    const value = ours.median(name);
    if (target === undefined || value === undefined) return [];
    const kept = value <= target ? "kept" : "MISSED";
    const note = ours.note(name);
    const figures = `${value.toPrecision(3)} ${unit}, target ${target}`;
    return [`${kept.padEnd(6)}  ${name}: ${figures}${note === undefined ? "" : ` (${note})`}`];
  });
}
