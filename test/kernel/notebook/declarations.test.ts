/** Names of a notebook: declared anew in every way, and such as libraries look for. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Kernel } from "../client.ts";

const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));

describe("Declarations in a kernel", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start();
    mkdirSync(join(kernel.folder, "node_modules"));
    for (const name of ["@tensorflow", "vega", "vega-lite"])
      symlinkSync(join(packages, name), join(kernel.folder, "node_modules", name));
  });
  after(() => kernel.end());

  async function value(code: string): Promise<unknown> {
    const { reply, result, stderr } = await kernel.execute(code);
    assert.equal(reply.content.status, "ok", `${code}: ${reply.content.evalue}`);
    // TensorFlow.js greets there.
    assert.doesNotMatch(stderr, /without a type check/, code);
    return result?.data?.["text/plain"];
  }

  it("may follow each other in every order, with other kinds and types", async function () {
    this.timeout(180_000);
    const kinds = [
      ...["const q = 1", "let q = 'a'", "var q = true", "function q() { return 5 }"],
      ...["class q { x = 1 }", "enum q { A = 3 }", "namespace q { export const z = 4 }"],
      ...["type q = number", "import q from 'node:fs'", "const { q } = { q: [1] }"],
    ];
    for (const first of kinds) {
      for (const second of kinds) {
        await value(first);
        await value(second);
      }
    }
  });

  it("named as browsers and Node name things mislead no library that comes later", async () => {
    const names =
      "const window = 224, document = 'd', process = 'p', Buffer = 5, console = { log: 7 };";
    await value(names);
    await value(
      'import * as tf from "@tensorflow/tfjs-core";\nimport "@tensorflow/tfjs-backend-cpu";\n' +
        'import * as vega from "vega";\nimport * as vl from "vega-lite";',
    );
    assert.equal(await value("tf.env().getBool('IS_BROWSER')"), "false");
    assert.equal(await value("[...(await tf.add([1, 2], 1).data())]"), "[ 2, 3 ]");
    const chart =
      "{ data: { values: [{ a: 1 }] }, mark: 'bar', encoding: { x: { field: 'a', type: 'quantitative' } } }";
    const view = `new vega.View(vega.parse(vl.compile(${chart}).spec), { renderer: "none" })`;
    assert.equal(await value(`(await ${view}.toSVG()).startsWith("<svg")`), "true");
    assert.equal(
      await value("[window, document, process, Buffer, console.log]"),
      "[ 224, 'd', 'p', 5, 7 ]",
    );
  });

  it("of an earlier name by itself give one error that says what to write", async () => {
    await value("let step = 1; const twice = (x: number) => 2 * x;");
    for (const code of ["let step = twice(step)", "const step = twice(step)"]) {
      const { reply, outputs } = await kernel.execute(code);
      assert.equal(outputs.filter(({ type }) => type === "error").length, 1);
      assert.match(
        String(reply.content.evalue),
        /'step' is declared anew in this cell and has no value yet here\. Give the new one another name/,
      );
    }
    assert.equal(await value("step = twice(step); step"), "2");
  });
});
