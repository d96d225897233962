/** Output through all of the kernel: complete, in order, and under its own cell. */
import assert from "node:assert/strict";
import { Kernel, type Message } from "./client.ts";

describe("Output", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start();
  });
  after(() => kernel.end());

  it("of 100,000 lines arrives whole and in order, before the cell's end", async () => {
    const { stdout, reply } = await kernel.execute(
      'for (let i = 0; i < 100_000; i++) console.log("line " + i)',
    );
    assert.equal(reply.content.status, "ok");
    const lines = stdout.split("\n");
    assert.equal(lines.pop(), "");
    assert.equal(lines.length, 100_000);
    assert.equal(
      lines.findIndex((line, index) => line !== `line ${index}`),
      -1,
    );
  });

  it("of one line of 20 MB arrives whole, in few messages that begin small", async () => {
    const { stdout, outputs } = await kernel.execute('console.log("é😀".repeat(3_333_333))');
    assert.equal(stdout.length, 3 * 3_333_333 + 1);
    assert.equal(stdout.replaceAll("é😀", ""), "\n");
    const streams = outputs.filter(({ type }) => type === "stream");
    const sizes = streams.map(({ content }) => (content.text as string).length);
    assert.ok(sizes.length <= 12, `${sizes.length} messages`);
    assert.ok((sizes[0] as number) <= 65_536, `the first has ${sizes[0]} units`);
  });

  it("of a timer goes to the cell that set it", async () => {
    const first = await kernel.execute(
      'console.log("now"); setTimeout(() => console.log("later"), 300); 0',
    );
    assert.equal(first.stdout, "now\n");
    const id = first.reply.parent.msg_id;
    await kernel.execute('console.log("other"); await new Promise((r) => setTimeout(r, 500))');
    const late = await kernel.whenPublished(({ content }) => /later/.test(content.text ?? ""));
    assert.equal(late.parent.msg_id, id);
  });

  it("of child processes and of native writes is caught", async () => {
    const { stdout, stderr } = await kernel.execute(`
      import { spawnSync } from "node:child_process";
      import { writeSync } from "node:fs";
      spawnSync("sh", ["-c", "echo out; echo err >&2"], { stdio: "inherit" });
      writeSync(1, "direct\\n");`);
    assert.equal(stdout, "out\ndirect\n");
    assert.equal(stderr, "err\n");
  });

  it("is shown, changed and cleared by its id", async () => {
    const { outputs } = await kernel.execute(`
      const html = (text: string) => ({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": text }) });
      display(html("<b>one</b>"), { displayId: "d" });
      display(html("<b>two</b>"), { displayId: "d", update: true });
      clearOutput({ wait: true });`);
    const brief = ({ type, content }: Message) => [
      type,
      content.data?.["text/html"] ?? content.wait,
      (content.transient as Record<string, string> | undefined)?.display_id,
    ];
    assert.deepEqual(outputs.slice(1).map(brief), [
      ["display_data", "<b>one</b>", "d"],
      ["update_display_data", "<b>two</b>", "d"],
      ["clear_output", true, undefined],
    ]);
  });
});
