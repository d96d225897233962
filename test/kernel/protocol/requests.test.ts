/** Requests that are answered without running a cell. */
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Client, Kernel } from "../client.ts";

describe("A kernel that is asked", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start();
  });
  after(() => kernel.end());

  it("says what it is, on both sockets", async () => {
    for (const channel of ["shell", "control"] as const) {
      const { reply } = await kernel.request("kernel_info_request", {}, { channel });
      assert.equal(reply.type, "kernel_info_reply");
      const { content } = reply;
      assert.equal(content.status, "ok");
      assert.equal(content.protocol_version, "5.5");
      assert.deepEqual(content.supported_features, []);
      const info = content.language_info as Record<string, unknown>;
      assert.equal(info.name, "typescript");
      assert.equal(info.file_extension, ".ts");
      assert.equal(info.pygments_lexer, "typescript");
      const { devDependencies, dependencies, version } = JSON.parse(
        await readFile(new URL("../../../package.json", import.meta.url), "utf8"),
      );
      assert.equal(info.version, dependencies.typescript ?? devDependencies.typescript);
      assert.equal(content.implementation_version, version);
    }
  });

  it("publishes busy and idle with the request's own header", async () => {
    const { reply } = await kernel.request("kernel_info_request");
    const id = reply.parent.msg_id;
    const states = kernel.published
      .filter((message) => message.parent.msg_id === id)
      .map(({ content }) => content.execution_state);
    assert.deepEqual(states, ["busy", "idle"]);
  });

  it("repeats the parent header as it came", async () => {
    const { reply } = await kernel.request("kernel_info_request");
    assert.equal(reply.parent.session, kernel.session);
    assert.equal(reply.parent.version, "5.4");
    assert.equal(reply.parent.username, "test");
    assert.notEqual(reply.header.session, kernel.session);
  });

  it("echoes heartbeats", async () => {
    assert.ok((await kernel.beat()) >= 0);
  });

  it("welcomes each new client, with the topic it asked for", async () => {
    const second = new Client(kernel.connection);
    try {
      await second.ready();
      assert.equal(second.published[0]?.type, "iopub_welcome");
      assert.equal(second.published[0]?.content.subscription, "");
      second.iopub.subscribe("kernel.");
      await second.whenPublished(
        ({ type, content }) => type === "iopub_welcome" && content.subscription === "kernel.",
      );
    } finally {
      second.close();
    }
  });

  it("says which lines are complete, and how to go on", async () => {
    const ask = async (code: string) => {
      const { reply } = await kernel.request("is_complete_request", { code });
      const { status, indent } = reply.content;
      return indent === undefined ? status : `${status} ${JSON.stringify(indent)}`;
    };
    assert.equal(await ask("const a = 1"), "complete");
    assert.equal(await ask(""), "complete");
    assert.equal(await ask("Math.max?"), "complete");
    assert.equal(await ask("function f(x: number) {"), 'incomplete "  "');
    assert.equal(await ask("function f() {\n  return [\n    1,"), 'incomplete "    "');
    assert.equal(await ask("const s = `a"), 'incomplete ""');
    assert.equal(await ask("const = 1"), "invalid");
  });

  it("completes behind characters outside of the basic plane, counting code points", async () => {
    const code = '"😀😀"; Math.trun + "😀"';
    const { reply } = await kernel.request("complete_request", { code, cursor_pos: 15 });
    const { matches, cursor_start, cursor_end, metadata } = reply.content;
    assert.deepEqual(matches, ["trunc"]);
    assert.deepEqual([cursor_start, cursor_end], [11, 15]);
    const types = (metadata as { _jupyter_types_experimental: unknown[] })
      ._jupyter_types_experimental;
    assert.deepEqual(types.length, 1);
    const [item] = types as Record<string, unknown>[];
    assert.equal(item?.text, "trunc");
    assert.deepEqual([item?.start, item?.end], [11, 15]);
    assert.match(String(item?.type), /method|function/);
  });

  it("inspects what stands at the cursor", async () => {
    const code = '"😀"; Math.max';
    const { reply } = await kernel.request("inspect_request", { code, cursor_pos: 14 });
    assert.equal(reply.content.found, true);
    const { data } = reply.content;
    assert.match(String(data?.["text/plain"]), /max\(\.\.\.values: number\[\]\): number/);
    assert.match(String(data?.["text/markdown"]), /```/);
    const nothing = await kernel.request("inspect_request", { code: "   ", cursor_pos: 1 });
    assert.equal(nothing.reply.content.found, false);
    assert.deepEqual(nothing.reply.content.data, {});
  });

  it("knows no comms before one is opened", async () => {
    const { reply } = await kernel.request("comm_info_request", { target_name: "jupyter.widget" });
    assert.deepEqual(reply.content.comms, {});
  });

  it("says politely what it does not support, and nothing to what it does not know", async () => {
    const debug = await kernel.request(
      "debug_request",
      { type: "request", seq: 1, command: "initialize" },
      { channel: "control" },
    );
    assert.equal(debug.reply.type, "debug_reply");
    assert.equal(debug.reply.content.status, "error");
    const stray: string[] = [];
    kernel.onStray = (message) => stray.push(message.type);
    const id = await kernel.send("no_such_request", {});
    await kernel.whenPublished(
      ({ parent, content }) => parent.msg_id === id && content.execution_state === "idle",
    );
    assert.deepEqual(stray, []);
  });
});

describe("The history", () => {
  it("can be read by tail, range and search, and outlives the kernel", async () => {
    const kernel = await Kernel.start();
    try {
      await kernel.execute("1 + 1");
      await kernel.execute("const a = 'é😀'");
      await kernel.execute("2 + 2", { store_history: false });
      await kernel.execute("3 + 3", { silent: true });
      await kernel.execute("1 + 1");
      const read = async (from: Kernel, content: object) =>
        (await from.request("history_request", { raw: true, output: false, ...content })).reply
          .content.history;
      const tail = { hist_access_type: "tail" };
      const all = [
        [1, 1, "1 + 1"],
        [1, 2, "const a = 'é😀'"],
        [1, 3, "1 + 1"],
      ];
      assert.deepEqual(await read(kernel, { ...tail, n: 10 }), all);
      assert.deepEqual(await read(kernel, { ...tail, n: 1 }), all.slice(2));
      assert.deepEqual(await read(kernel, { ...tail, n: 1, output: true }), [
        [1, 3, ["1 + 1", "2"]],
      ]);
      const range = { hist_access_type: "range", session: 0 };
      assert.deepEqual(await read(kernel, { ...range, start: 2, stop: 3 }), [all[1]]);
      assert.deepEqual(await read(kernel, { ...range, start: 2, stop: null }), all.slice(1));
      const search = { hist_access_type: "search", pattern: "1*" };
      assert.deepEqual(await read(kernel, search), [all[0], all[2]]);
      assert.deepEqual(await read(kernel, { ...search, unique: true }), [all[2]]);
      assert.deepEqual(await read(kernel, { ...search, n: 1 }), [all[2]]);
      assert.deepEqual(await read(kernel, { ...search, pattern: "?onst a*" }), [all[1]]);
      assert.deepEqual(await read(kernel, { ...search, pattern: "onst" }), []);

      await kernel.shutdown(true);
      const folder = join(kernel.folder, ".jupyter");
      const file = join(folder, "typescript-kernel", "history.jsonl");
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      const next = await Kernel.start({ env: { JUPYTER_DATA_DIR: folder } });
      try {
        await next.execute("5");
        assert.deepEqual(await read(next, { ...tail, n: 10 }), [...all, [2, 1, "5"]]);
        assert.deepEqual(await read(next, { ...range, session: -1, start: 1, stop: 2 }), [all[0]]);
        assert.deepEqual(await read(next, { ...range, session: 1, start: 3 }), [all[2]]);
      } finally {
        await next.end();
      }
    } finally {
      await kernel.end();
    }
  });
});
