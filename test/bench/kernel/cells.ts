/** The same cells in the languages of the kernels that are compared. */
import type { Language } from "./peers.ts";

interface Cells {
  /** The n-th cell of a notebook: it uses what the one before it declared, and its result is n. */
  chain(n: number): string;
  /** Milliseconds that a loop takes at the top level of a cell. */
  readonly loop: string;
  /** Milliseconds that the same loop takes in a function. */
  readonly loopInFunction: string;
  readonly completion: string;
  printLines(count: number): string;
  printLine(length: number): string;
  /** Says "go" and blocks in native code for some seconds. */
  readonly nativeCall: string;
  /** Cells that say "go" and never end. */
  readonly endless: Readonly<Record<string, string>>;
}

const loopSteps = 30_000_000;

const javascript: Cells = {
  chain: (n) => `const v${n} = { id: ${n}, total: ${previous(n)} + 1 };\nv${n}.total`,
  loop: `
    const loopStart = performance.now();
    let loopSum = 0;
    for (let i = 0; i < ${loopSteps}; i++) loopSum += i * 0.5;
    performance.now() - loopStart`,
  loopInFunction: `
    function loopAll() {
      let sum = 0;
      for (let i = 0; i < ${loopSteps}; i++) sum += i * 0.5;
      return sum;
    }
    const functionStart = performance.now();
    loopAll();
    performance.now() - functionStart`,
  completion: "Math.ma",
  printLines: (count) => `for (let i = 0; i < ${count}; i++) console.log("line " + i);`,
  printLine: (length) => `console.log("x".repeat(${length}));`,
  nativeCall:
    'console.log("go"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);',
  endless: {
    "a loop": 'console.log("go"); while (true) {}',
    "a promise that nobody settles": 'console.log("go"); await new Promise(() => {});',
    "a loop behind an await":
      'await new Promise((r) => setTimeout(r, 5)); console.log("go"); while (true) {}',
    "a loop of awaits": 'console.log("go"); while (true) await null;',
    "a loop in a timer":
      'setTimeout(() => { console.log("go"); while (true) {} }, 1); await new Promise(() => {});',
    "a loop that catches all":
      'console.log("go"); while (true) { try { while (true) {} } catch {} finally { continue; } }',
    "a regular expression": 'console.log("go"); /^(a+)+$/.test("a".repeat(50) + "b");',
  },
};

const typescript: Cells = {
  ...javascript,
  chain: (n) =>
    `const v${n}: { id: number; total: number } = { id: ${n}, total: ${previous(n)} + 1 };\n` +
    `v${n}.total`,
};

const python: Cells = {
  chain: (n) =>
    `v${n} = dict(id=${n}, total=${n === 1 ? "0" : `v${n - 1}["total"]`} + 1)\nv${n}["total"]`,
  // A tenth of the steps: what counts is one against the other.
  loop: `
import time
loop_start = time.perf_counter()
loop_sum = 0.0
for i in range(${loopSteps / 10}): loop_sum += i * 0.5
(time.perf_counter() - loop_start) * 1000`,
  loopInFunction: `
def loop_all():
    sum = 0.0
    for i in range(${loopSteps / 10}): sum += i * 0.5
    return sum
function_start = time.perf_counter()
loop_all()
(time.perf_counter() - function_start) * 1000`,
  completion: "prin",
  printLines: (count) => `for i in range(${count}): print("line " + str(i))`,
  printLine: (length) => `print("x" * ${length})`,
  nativeCall: 'import time\nprint("go", flush=True)\ntime.sleep(10)',
  endless: {
    "a loop": 'print("go", flush=True)\nwhile True: pass',
    "a promise that nobody settles":
      'import asyncio\nprint("go", flush=True)\nawait asyncio.get_running_loop().create_future()',
    "a loop behind an await":
      'import asyncio\nawait asyncio.sleep(0.005)\nprint("go", flush=True)\nwhile True: pass',
    "a loop of awaits":
      'import asyncio\nprint("go", flush=True)\nwhile True: await asyncio.sleep(0)',
    "a regular expression":
      'import re\nprint("go", flush=True)\nre.match("^(a+)+$", "a" * 50 + "b")',
  },
};

export const cellsIn: Readonly<Record<Language, Cells>> = { javascript, typescript, python };

function previous(n: number): string {
  return n === 1 ? "0" : `v${n - 1}.total`;
}
