import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Logs } from "../history.ts";
import type { Callback } from "./callback.ts";
import { eventRecord, scalarEvent, versionEvent } from "./tensor-board-events.ts";

export interface TensorBoardOptions {
  /** Writes the loss and the metrics of every so many batches too. Default: epochs only. */
  readonly everySteps?: number;
}

/**
 * Writes what TensorBoard shows: `epoch_loss` and so on, the training's below `folder/train` and the validation's below
 * `folder/validation`, as Keras does; with `everySteps` also `batch_loss` and so on. Look at it by
 * `tensorboard --logdir FOLDER`. A resumed run writes a file of its own, which TensorBoard puts together with the others.
 */
export function tensorBoard(folder: string, { everySteps }: TensorBoardOptions = {}): Callback {
  if (everySteps !== undefined && !(Number.isInteger(everySteps) && everySteps > 0)) {
    throw new RangeError(
      `tensorBoard: everySteps is ${everySteps}, expected a whole number from 1.`,
    );
  }
  let files = new Map<string, string>();
  let runs = 0;
  const write = async (part: string, events: readonly Buffer[]): Promise<void> => {
    if (events.length === 0) return;
    let file = files.get(part);
    if (!file) {
      const seconds = Math.floor(Date.now() / 1000);
      const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${runs}`;
      file = join(folder, part, name);
      await mkdir(join(folder, part), { recursive: true });
      await writeFile(file, eventRecord(versionEvent()));
      files.set(part, file);
    }
    await appendFile(file, Buffer.concat(events.map(eventRecord)));
  };
  const scalars = (logs: Logs, prefix: string, step: number) =>
    Object.entries(logs).map(([name, value]) => scalarEvent(`${prefix}_${name}`, value, step));
  return {
    name: "tensorBoard",
    onBegin() {
      files = new Map();
      runs++;
    },
    async onStepEnd({ step }, logs) {
      if (everySteps && step % everySteps === 0) await write("train", scalars(logs, "batch", step));
    },
    async onEpochEnd({ epoch }, logs) {
      const own = Object.entries(logs).filter(([name]) => !name.startsWith("val_"));
      const validation = Object.entries(logs)
        .filter(([name]) => name.startsWith("val_"))
        .map(([name, value]) => [name.slice("val_".length), value] as const);
      // Keras counts epochs from 0 here.
      await write("train", scalars(Object.fromEntries(own), "epoch", epoch - 1));
      await write("validation", scalars(Object.fromEntries(validation), "epoch", epoch - 1));
    },
  };
}
