/** Models in tfjs' own format: `model.save("file://folder")` leaves a whole one behind, or what was there. */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { io } from "@tensorflow/tfjs";
import { replaceFolder } from "./saved-model/folder.ts";

type Router = Parameters<typeof io.registerSaveRouter>[0];

const scheme = "file://";
/** What tfjs-node writes; the model is complete with the last one. */
const files = ["weights.bin", "model.json"];

let next = 0;

/** The router's handlers, whose `save` writes elsewhere first and then takes the place of what was there. */
export function savingWhole(router: Router): Router {
  return (url) => {
    const handler = router(url as string);
    if (!handler || typeof url !== "string") return handler;
    const target = resolve(url.slice(scheme.length));
    const save = async (artifacts: io.ModelArtifacts): Promise<io.SaveResult> => {
      let result: io.SaveResult | undefined;
      const fill = async (folder: string): Promise<void> => {
        result = await router(scheme + folder)?.save?.(artifacts);
      };
      const entries = await entriesOf(target);
      const isOnlyModel = entries.every((entry) => files.includes(entry));
      await (isOnlyModel ? replaceFolder(target, fill) : replaceFiles(target, fill));
      return result as io.SaveResult;
    };
    return { ...(handler.load && { load: handler.load.bind(handler) }), save };
  };
}

/** @throws {Error} there is something else than a folder */
async function entriesOf(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return [];
  if (found.isDirectory()) return readdir(folder);
  throw new Error(`The model cannot be saved in ${folder}, which is a file. Name a folder.`);
}

/** In a folder with files of the user's own: these stay. */
async function replaceFiles(
  target: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const part = join(dirname(target), `.${process.pid}.${next++}.part`);
  try {
    await mkdir(part);
    await fill(part);
    for (const file of files) await rename(join(part, file), join(target, file));
  } catch (error) {
    throw new Error(`${target} cannot be written: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}
