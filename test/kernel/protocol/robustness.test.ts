/** What is not a message of ours has no effect, and never ends the kernel. */
import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { Kernel } from "../client.ts";
import { encode, newHeader, sign } from "../wire.ts";

describe("A kernel that is sent what it should not", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start();
  });
  after(() => kernel.end());

  type Frames = (string | Uint8Array)[];

  const request = (type = "kernel_info_request"): Frames =>
    encode(kernel.connection.key, newHeader(type, kernel.session), {});

  /** Sends the frames, and checks that nothing was answered or published before a proper request is answered. */
  async function ignores(...messages: Frames[]): Promise<void> {
    const replies: string[] = [];
    const before = kernel.published.length;
    kernel.onStray = (message) => replies.push(message.type);
    for (const frames of messages) {
      for (const channel of ["shell", "control", "stdin"] as const)
        await kernel[channel].send(frames);
    }
    for (const channel of ["shell", "control"] as const)
      await kernel.request("kernel_info_request", {}, { channel });
    assert.deepEqual(replies, []);
    // Only the busy and the idle of the two requests above.
    assert.equal(kernel.published.length - before, 4);
  }

  it("ignores a wrong signature", async () => {
    const [delimiter = "", , ...parts] = request();
    await ignores([delimiter, "0".repeat(64), ...parts], [delimiter, "é".repeat(32), ...parts]);
    assert.match(kernel.log, /wrong signature/);
  });

  it("ignores a missing signature", async () => {
    const [delimiter = "", , ...parts] = request();
    await ignores([delimiter, "", ...parts]);
    assert.match(kernel.log, /no signature/);
  });

  it("ignores a signature of other content", async () => {
    const [delimiter = "", signature = ""] = request();
    const [, , ...parts] = request("shutdown_request");
    await ignores([delimiter, signature, ...parts]);
  });

  it("ignores a message that was sent before", async () => {
    const frames = request();
    const replies: string[] = [];
    kernel.onStray = (message) => replies.push(message.type);
    for (let i = 0; i < 3; i++) await kernel.shell.send(frames);
    await kernel.request("kernel_info_request");
    assert.deepEqual(replies, ["kernel_info_reply"]);
    assert.match(kernel.log, /repeated signature/);
  });

  it("ignores frames that are no message", async () => {
    await ignores(
      [""],
      ["", "", ""],
      ["<IDS|MSG>"],
      ["<IDS|MSG>", "", "{}", "{}", "{}"],
      [randomBytes(1000)],
      Array.from({ length: 300 }, () => randomBytes(3)),
    );
  });

  it("ignores signed messages whose parts are not as they must be", async () => {
    const { key } = kernel.connection;
    const header = newHeader("kernel_info_request", kernel.session);
    const signed = (...parts: string[]): Frames => signedFrames(key, parts);
    const good = JSON.stringify(header);
    await ignores(
      signed("{", "{}", "{}", "{}"),
      signed("[]", "{}", "{}", "{}"),
      signed("null", "{}", "{}", "{}"),
      signed('{"msg_id": 1, "msg_type": "kernel_info_request"}', "{}", "{}", "{}"),
      signed('{"msg_id": "a"}', "{}", "{}", "{}"),
      signed(good, "", "{}", "{}"),
      signed(good, "{}", "7", "{}"),
      signed(good, "{}", "{}", '"text"'),
      signed(`${"[".repeat(100_000)}`, "{}", "{}", "{}"),
    );
  });

  it("says each thing once", () => {
    const lines = kernel.log.trim().split("\n");
    assert.equal(new Set(lines).size, lines.length);
  });

  it("answers requests whose content is wrong with an error", async () => {
    const bad: [string, object][] = [
      ["complete_request", {}],
      ["complete_request", { code: 7, cursor_pos: 0 }],
      ["complete_request", { code: "x", cursor_pos: "1" }],
      ["inspect_request", { code: null }],
      ["is_complete_request", {}],
      ["history_request", { hist_access_type: "all" }],
      ["history_request", { hist_access_type: "tail", n: "many" }],
      ["execute_request", {}],
      ["execute_request", { code: ["1"] }],
      ["execute_request", { code: "1", silent: "no" }],
      ["execute_request", { code: "1", user_expressions: { a: 1 } }],
    ];
    for (const [type, content] of bad) {
      const { reply } = await kernel.request(type, { ...content });
      assert.equal(reply.content.status, "error", `${type} ${JSON.stringify(content)}`);
      assert.ok(reply.content.evalue);
    }
    // A message of a comm has no reply; neither does an unknown one.
    await kernel.send("comm_open", { comm_id: 3 });
    await kernel.send("no_such_request", {});
    await kernel.request("kernel_info_request");
  });

  it("survives thousands of random frames, and messages with something broken in them", async () => {
    for (let i = 0; i < 10_000; i++) {
      const frames = request();
      const at = randomInt(frames.length);
      if (i % 3 === 0) frames[at] = randomBytes(randomInt(200));
      else if (i % 3 === 1) frames.splice(at, 1);
      else frames.splice(at, 0, randomBytes(randomInt(20)));
      await kernel[(["shell", "control", "stdin"] as const)[i % 3]!].send(frames);
    }
    kernel.onStray = () => {};
    const { reply } = await kernel.request("kernel_info_request");
    assert.equal(reply.content.status, "ok");
    assert.ok((await kernel.beat()) >= 0);
    assert.ok(kernel.log.split("\n").length < 50, kernel.log);
  });
});

describe("A kernel without a key", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start({ key: "" });
  });
  after(() => kernel.end());

  it("neither asks for signatures nor makes them", async () => {
    const { reply } = await kernel.request("kernel_info_request");
    assert.equal(reply.content.status, "ok");
  });
});

function signedFrames(key: string, parts: string[]): string[] {
  return ["<IDS|MSG>", sign(key, parts), ...parts];
}
