/** The main thread of the worker process, in which cells run. */
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { builtinModules } from "../builtin/index.ts";
import { followsWithoutHooks, makeCellContext } from "./cells.ts";
import { installChildProcesses } from "./child-processes.ts";
import { Comms } from "./comms.ts";
import { installDisplay } from "./display.ts";
import { Evaluator } from "./evaluator.ts";
import { FrameReader } from "./frames.ts";
import { Interlock } from "./interlock.ts";
import { makeInterruptible } from "./interruptible.ts";
import { LocalModules } from "./local-modules.ts";
import { Magics } from "./magics/index.ts";
import { fromBundle } from "./mime/index.ts";
import { Names } from "./names.ts";
import { OutputChannel } from "./output.ts";
import { Scripts } from "./scripts.ts";
import { installStackTraces } from "./stack.ts";
import { installStreams } from "./streams.ts";
import { installTimers } from "./timers.ts";
import { hideOwnWarnings } from "./warnings.ts";
import type { WatchData } from "./watch.ts";
import { descriptors, type FrontMessage, settingsVariable, type WorkerSettings } from "./wire.ts";

/** Milliseconds without a cell, at the beginning. */
const quietTime = 1_000;

/** @param entry address of the process's script, which is that of the thread that watches too */
export function main(entry: string): void {
  hideOwnWarnings();
  const settings = readSettings();
  const interlock = new Interlock();
  const output = new OutputChannel(interlock, settings.nonce);
  const watch = new Watch(entry, interlock, (number) => {
    // Asked for once more in the moment in which it was dealt with: it must not strike the next cell.
    if (interlock.isAcknowledged(number)) return;
    evaluator.interrupt();
    interlock.acknowledge(number);
  });
  const context = makeCellContext();
  const scripts = new Scripts();
  const base = pathToFileURL(`${settings.directory}/`);
  const names = new Names();
  const magics = new Magics({
    ...{ names, directory: settings.directory },
    put: (cell, name, text) => output.emit(cell, { type: "stream", name, text }),
    display: (cell, data) =>
      output.emit(cell, { type: "display", ...fromBundle(data), update: false }),
  });
  const evaluator = new Evaluator({
    ...{ interlock, context, scripts, output, base, names, magics },
    run: makeInterruptible(interlock),
    beforeEnd: () => comms.flush(),
    onStop: () => modules.stopped(),
  });
  const comms = new Comms({ context, output, interlock, evaluator });

  const modules = new LocalModules({
    thread: new URL("hooks-thread.mjs", entry),
    builtins: builtinAddresses(new URL("../builtin/", entry)),
    directory: settings.directory,
    ...{ interlock, scripts },
    say: (text) => process.stderr.write(text),
  });
  const own = new URL("..", entry).href;
  installStackTraces({ scripts, own, hear: () => modules.hear(), directory: settings.directory });
  installStreams((name, text) => {
    const cell = context.current;
    if (cell && text !== "") output.emit(cell, { type: "stream", name, text });
  });
  installChildProcesses(() => output.mark());
  installTimers({ context, run: (cell, action) => evaluator.run(cell, action) });
  installDisplay({ context, output, interlock, replies: watch.replies });
  // For libraries, which can end what they do in good order: an AbortSignal that tells of interrupts.
  Object.defineProperty(globalThis, Symbol.for("Jupyter.signal"), {
    get: () => context.current?.signal,
  });
  warnOfHooks(interlock);
  Object.defineProperty(globalThis, "require", {
    value: createRequire(base),
    writable: true,
    configurable: true,
  });
  process.on("uncaughtException", (error) => evaluator.report(error));
  process.on("unhandledRejection", (reason) => evaluator.report(reason));
  // Signals that find nothing to stop, such as those of a terminal to all its processes.
  process.on("SIGINT", () => {});

  // While nobody waits for a cell: each of the two is a thread to be started.
  setTimeout(() => {
    watch.start();
    modules.install();
  }, quietTime).unref();
  listen((message, buffers) => {
    // Before the hooks, through which it would be loaded.
    watch.start();
    if (message.type === "prepare") {
      modules.install();
    } else if (message.type === "execute") {
      // In the order in which they came.
      comms.drain();
      modules.prepare(message.request.compiled.code);
      evaluator.execute(message.request);
    } else {
      comms.push({ ...message.message, buffers });
    }
  });
}

/** @param folder where they are built */
function builtinAddresses(folder: URL): Record<string, string> {
  const entries = Object.entries(builtinModules);
  return Object.fromEntries(entries.map(([name, path]) => [name, `${new URL(path, folder)}.mjs`]));
}

function readSettings(): WorkerSettings {
  const settings = JSON.parse(process.env[settingsVariable] ?? "{}") as WorkerSettings;
  delete process.env[settingsVariable];
  return settings;
}

/**
 * The thread that watches. It is started with the first code: it takes as much time as the process itself, in which the
 * first cell can run. What it is to be told meanwhile waits for it.
 */
class Watch {
  /** What `prompt` waits for. */
  readonly replies: MessagePort;
  readonly #data: WatchData;
  readonly #entry: string;
  readonly #onInterrupt: (number: number) => void;
  #thread: Worker | undefined;

  constructor(entry: string, interlock: Interlock, onInterrupt: (number: number) => void) {
    const { port1, port2 } = new MessageChannel();
    this.replies = port1;
    this.#data = { interlock: interlock.buffer, replies: port2 };
    this.#entry = entry;
    this.#onInterrupt = onInterrupt;
  }

  start(): void {
    if (this.#thread) return;
    this.#thread = new Worker(new URL(this.#entry), {
      workerData: this.#data,
      transferList: [this.#data.replies],
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    });
    this.#thread.on("message", this.#onInterrupt);
    this.#thread.unref();
  }
}

function listen(onMessage: (message: FrontMessage, buffers: readonly Uint8Array[]) => void): void {
  const reader = new FrameReader();
  const requests = new Socket({ fd: descriptors.requests, readable: true, writable: false });
  requests.on("data", (data) => {
    for (const { message, buffers } of reader.push(data))
      onMessage(message as FrontMessage, buffers);
  });
  requests.on("error", () => {});
  // The front has gone.
  requests.on("close", () => process.exit());
}

/** Notes when somebody uses async hooks, with which interrupting promise callbacks aborts the process. */
function warnOfHooks(interlock: Interlock): void {
  const hook = Object.getPrototypeOf(createHook({})) as { enable(): unknown };
  const storage = AsyncLocalStorage.prototype as unknown as { _enable?(): unknown };
  noteCall(hook, "enable", interlock);
  if (!followsWithoutHooks()) noteCall(storage, "_enable", interlock);
}

function noteCall<K extends string>(
  target: { [key in K]?: () => unknown },
  key: K,
  interlock: Interlock,
): void {
  const original = target[key];
  if (!original) return;
  target[key] = function (this: unknown) {
    interlock.setHooked();
    return original.call(this);
  };
}
