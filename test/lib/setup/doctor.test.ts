import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readStamp } from "../../../lib/setup/engine/engine.mjs";
import { root, setupFolder, venv } from "../../../lib/setup/paths.mjs";
import { cleanUp, startNode } from "./helpers.ts";

describe("doctor", () => {
  before(function () {
    // Needs the finished set-up.
    const products = [venv, join(root, "build", "native"), join(root, "dist", "lib")];
    if (!products.every((product) => readStamp(product))) this.skip();
  });
  afterEach(cleanUp);

  it("reports facts as JSON, and none of TensorFlow's log", async () => {
    const run = startNode([join(setupFolder, "doctor.mjs"), "--json"]);
    const { output } = await run.ended;
    const report = JSON.parse(output);
    assert.equal(report.node, process.versions.node);
    assert.equal(report.tensorflow, "2.21.0");
    assert.equal(report.tfjs, "4.22.0");
    assert.equal(report.backend, "tensorflow");
    assert(report.devices.some(({ type }: { type: string }) => type === "CPU"));
    assert(report.threads.intraOp >= 1 && report.threads.interOp >= 1);
    assert(existsSync(report.folders.weights));
    assert(existsSync(join(report.folders.data, "china.jpg")));
    assert.match(report.folders.cache, /convnet-lab/);
    for (const { folder } of report.kernelspecs) assert(existsSync(join(folder, "kernel.json")));
    assert(Array.isArray(report.problems));
  });

  it("reports the same for people", async () => {
    const { output } = await startNode([join(setupFolder, "doctor.mjs")]).ended;
    assert.match(output, /^Node +\d+\.\d+\.\d+\n/);
    assert.match(output, /\nTensorFlow +2\.21\.0\n/);
    assert.match(output, /\nBackend +tensorflow\n/);
  });

  it("refuses an option that it does not know", async () => {
    const { code, output } = await startNode([join(setupFolder, "doctor.mjs"), "--jsn"]).ended;
    assert.equal(code, 1);
    assert.match(output, /Unknown option '--jsn'\.\n {2}To mend it: /);
  });
});
