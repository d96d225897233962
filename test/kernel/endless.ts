/** Cells that print "go" and never end, by what they are; each is to be stopped by an interrupt, with the state kept. */
export const endless: Readonly<Record<string, string>> = {
  "a loop": 'console.log("go"); while (true) {}',
  "a loop that catches everything":
    'console.log("go"); while (true) { try { while (true) {} } catch {} finally { continue } }',
  "a promise that nobody settles": 'console.log("go"); await new Promise(() => {})',
  "a loop behind an await": 'await null; console.log("go"); while (true) {}',
  "a loop behind a timer":
    'await new Promise((r) => setTimeout(r, 5)); console.log("go"); while (true) {}',
  "a loop behind input and output":
    'import { readFile } from "node:fs/promises"; await readFile("data.txt"); console.log("go"); while (true) {}',
  "a loop of awaits": 'console.log("go"); while (true) await null',
  "a loop of awaits behind input and output":
    'import { readFile } from "node:fs/promises"; await readFile("data.txt"); console.log("go"); while (true) await null',
  "a loop of awaits that catches everything":
    'console.log("go"); while (true) { try { await null; throw 1 } catch {} }',
  "a loop of timers":
    'import { setTimeout as nap } from "node:timers/promises"; console.log("go"); while (true) await nap(1)',
  "a loop of immediates":
    'console.log("go"); while (true) await new Promise((r) => setImmediate(r))',
  "a loop of input and output":
    'import { readFile } from "node:fs/promises"; console.log("go"); while (true) await readFile("data.txt")',
  "a loop in a timer's callback":
    'setTimeout(() => { console.log("go"); while (true) {} }, 1); await new Promise(() => {})',
  "a loop in an immediate's callback":
    'setImmediate(() => { console.log("go"); while (true) {} }); await new Promise(() => {})',
  "a loop in a callback of input and output":
    'import { readFile } from "node:fs"; readFile("data.txt", () => { console.log("go"); while (true) {} }); await new Promise(() => {})',
  "a loop in a microtask":
    'queueMicrotask(() => { console.log("go"); while (true) {} }); await new Promise(() => {})',
  "a loop of microtasks":
    'const again = () => queueMicrotask(again); again(); console.log("go"); await new Promise(() => {})',
  "a loop of ticks":
    'const again = () => process.nextTick(again); again(); console.log("go"); await new Promise(() => {})',
  "a loop in an event":
    'import { EventEmitter } from "node:events"; const e = new EventEmitter(); e.on("x", () => { while (true) {} }); console.log("go"); e.emit("x")',
  "a regular expression": 'console.log("go"); /^(a+)+$/.test("a".repeat(50) + "b")',
  "a sort": 'console.log("go"); [1, 2, 3].sort(() => { while (true) {} })',
  "a loop in a module": 'await import("./endless.ts")',
  "a recursion of promises":
    'console.log("go"); const f = async (): Promise<void> => { await null; return f() }; await f()',
  printing: 'console.log("go"); while (true) console.log("more")',
  "a generator": 'console.log("go"); for (const x of (function* () { while (true) yield 1 })()) {}',
  "a result that shows itself forever":
    'console.log("go"); ({ [Symbol.for("Jupyter.display")]() { while (true) {} } })',
  "a result that never shows itself":
    'console.log("go"); ({ [Symbol.for("Jupyter.display")]: () => new Promise(() => {}) })',
  "a question": 'console.log("go"); prompt("?")',
};

/** What these cells find in the notebook's folder. */
export const endlessFiles: Readonly<Record<string, string>> = {
  "data.txt": "data",
  "endless.ts": 'console.log("go"); while (true) {} export {};',
};
