/** The lessons in the hands of Jupyter's own tools. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root, venv, venvPython } from "../../lib/setup/paths.mjs";
import { readNotebook, runs } from "../notebooks/notebook.ts";
import { lesson, missingSetup } from "./requirements.ts";

const missing = missingSetup();

describe(`nbconvert${missing ? ` (${missing})` : ""}`, function () {
  this.timeout(180_000);
  let folder: string;

  before(async function () {
    if (missing) this.skip();
    folder = await mkdtemp(join(tmpdir(), "nbconvert-test-"));
  });

  after(async () => {
    if (folder) await rm(folder, { recursive: true });
  });

  it("executes a lesson", async () => {
    const args = ["-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", folder];
    const { CONVNET_LAB_SETTINGS: _, ...env } = process.env;
    await promisify(execFile)(venvPython(venv), [...args, join(root, "notebooks", lesson)], {
      cwd: root,
      env: { ...env, JUPYTER_CONFIG_DIR: folder, JUPYTER_DATA_DIR: folder, IPYTHONDIR: folder },
    });
    const [committed, executed] = await Promise.all(
      [join(root, "notebooks"), folder].map((place) => readNotebook(join(place, lesson))),
    );
    // How many messages a text comes in is a matter of time; what is there, is not.
    const kinds = (notebook: typeof committed) =>
      notebook!.cells.filter(runs).map(({ outputs }) => {
        const names = outputs.map((output) =>
          "data" in output ? Object.keys(output.data).sort().join() : output.output_type,
        );
        return names.filter((name, at) => name !== "stream" || names[at - 1] !== "stream");
      });
    assert.ok(kinds(executed).flat().length > 0);
    assert.deepEqual(kinds(executed), kinds(committed));
  });
});
