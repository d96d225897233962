/** Cells as a client sees them: replies, what is published around them, and the queue. */
import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { Client, executeContent, Kernel, type Message } from "../client.ts";

/** Published messages in short, such as "status busy". */
function brief(message: Message): string {
  const { execution_state, name, text } = message.content;
  if (message.type === "status") return `status ${execution_state}`;
  return message.type === "stream" ? `${name} ${text}` : message.type;
}

describe("A cell", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start();
  });
  after(() => kernel.end());

  const ofRequest = (id: string | undefined) =>
    kernel.published.filter((message) => message.parent.msg_id === id);

  it("is announced, put out, answered and ended in this order", async () => {
    const { reply } = await kernel.execute('console.log("a"); console.error("b"); 6 * 7');
    const { status, execution_count, payload, user_expressions } = reply.content;
    assert.equal(status, "ok");
    assert.deepEqual(payload, []);
    assert.deepEqual(user_expressions, {});
    const messages = ofRequest(reply.parent.msg_id);
    assert.deepEqual(messages.map(brief), [
      "status busy",
      "execute_input",
      "stdout a\n",
      "stderr b\n",
      "execute_result",
      "status idle",
    ]);
    assert.equal(messages[1]?.content.execution_count, execution_count);
    assert.equal(messages[4]?.content.execution_count, execution_count);
    assert.equal(messages[4]?.content.data?.["text/plain"], "42");
    assert.ok(!Number.isNaN(Date.parse(String(reply.metadata.started))));
  });

  it("counts only where the history is stored", async () => {
    const count = async (options: object) =>
      (await kernel.execute("1", { ...options })).reply.content.execution_count;
    const first = (await count({})) ?? 0;
    assert.equal(await count({}), first + 1);
    assert.equal(await count({ store_history: false }), first + 1);
    assert.equal(await count({ silent: true }), first + 1);
    assert.equal(await count({ silent: true, store_history: true }), first + 1);
    assert.equal(await count({}), first + 2);
  });

  it("publishes nothing but its status where it is silent", async () => {
    const { reply, outputs } = await kernel.execute('console.log("x"); 5', { silent: true });
    assert.equal(reply.content.status, "ok");
    assert.deepEqual(outputs, []);
    const failed = await kernel.execute('throw new Error("quiet")', { silent: true });
    assert.equal(failed.reply.content.evalue, "quiet");
    assert.deepEqual(failed.outputs, []);
  });

  it("that throws is answered and published as the same error", async () => {
    const { reply, outputs } = await kernel.execute('throw new RangeError("too far")');
    assert.equal(reply.content.status, "error");
    assert.equal(reply.content.ename, "RangeError");
    assert.equal(reply.content.evalue, "too far");
    assert.deepEqual(outputs.map(brief), ["execute_input", "error"]);
    const { ename, evalue, traceback } = outputs[1]?.content ?? {};
    assert.deepEqual([ename, evalue], ["RangeError", "too far"]);
    assert.deepEqual(traceback, reply.content.traceback);
  });

  it("with a type error does not run, and says where it is", async () => {
    const source = 'console.log("ran");\nconst half: number = "😀";';
    const { reply, stdout } = await kernel.execute(source);
    assert.equal(stdout, "");
    assert.equal(reply.content.ename, "TypeScriptError");
    assert.equal(reply.content.evalue, "Type 'string' is not assignable to type 'number'.");
    const lines = (reply.content.traceback ?? []).map(stripVTControlCharacters);
    const count = (reply.content.execution_count ?? 0) as number;
    assert.deepEqual(lines, [
      `cell[${count}]:2:7 - TypeScriptError TS2322: Type 'string' is not assignable to type 'number'.`,
      "",
      '2 const half: number = "😀";',
      "        ~~~~",
    ]);
    const after = await kernel.execute("typeof half", { store_history: false });
    assert.notEqual(after.reply.content.status, "ok");
  });

  it("with a type error runs where it opts out", async () => {
    const { stdout } = await kernel.execute(
      '// @ts-nocheck\nconst n: number = "x"; console.log(n);',
    );
    assert.equal(stdout, "x\n");
  });

  it("with a type error runs where the kernel does not check", async () => {
    const unchecked = await Kernel.start({ args: ["--no-check"] });
    try {
      const { stdout } = await unchecked.execute('const n: number = "x"; console.log(n);');
      assert.equal(stdout, "x\n");
    } finally {
      await unchecked.end();
    }
  });

  it("with a syntax error does not run, and says where it is", async () => {
    const { reply } = await kernel.execute("let a = ;");
    assert.equal(reply.content.ename, "SyntaxError");
    assert.match(reply.content.traceback?.join("\n") ?? "", /let a = ;/);
  });

  it("answers user expressions, each on its own", async () => {
    const { reply } = await kernel.execute("const base = 20", {
      user_expressions: { good: "base + 1", bad: "noSuchName", broken: "1 +" },
    });
    const { good, bad, broken } = reply.content.user_expressions ?? {};
    assert.equal(good?.status, "ok");
    assert.equal(good?.data?.["text/plain"], "21");
    assert.deepEqual([bad?.status, bad?.ename], ["error", "ReferenceError"]);
    assert.deepEqual([broken?.status, broken?.ename], ["error", "SyntaxError"]);
  });

  it("that asks what a name is opens the pager", async () => {
    for (const code of ["Math.max?", "?Math.max"]) {
      const { reply } = await kernel.execute(code);
      const [page] = reply.content.payload as { source: string; data: Record<string, string> }[];
      assert.equal(page?.source, "page");
      assert.match(page?.data["text/plain"] ?? "", /max/);
    }
  });

  it("asks the person at the frontend that ran it", async () => {
    const asked: unknown[] = [];
    kernel.onInput = (question, password) => {
      asked.push(question, password);
      return "Ada 😀";
    };
    const { result } = await kernel.execute('await prompt("Name?")', { allow_stdin: true });
    assert.equal(result?.data?.["text/plain"], "'Ada 😀'");
    assert.deepEqual(asked, ["Name?", false]);
    const alone = await kernel.execute('await prompt("Name?")', { allow_stdin: false });
    assert.deepEqual(asked.length, 2);
    assert.ok(alone.reply.content.status);
  });

  it("stops what was queued behind it when it fails, and nothing that is sent later", async () => {
    const fails = kernel.execute('throw new Error("first")');
    const queued = [kernel.execute("1"), kernel.execute("2")];
    assert.equal((await fails).reply.content.status, "error");
    const later = await kernel.execute("3");
    for (const cell of await Promise.all(queued)) {
      assert.equal(cell.reply.content.status, "aborted");
      assert.deepEqual(cell.outputs, []);
    }
    assert.equal(later.result?.data?.["text/plain"], "3");
  });

  it("does not stop the others where it was told not to", async () => {
    const fails = kernel.execute('throw new Error("first")', { stop_on_error: false });
    const next = kernel.execute("7");
    await fails;
    assert.equal((await next).result?.data?.["text/plain"], "7");
  });

  it("is run in turn for two clients, and seen by both", async () => {
    const second = new Client(kernel.connection);
    try {
      await second.ready();
      const mine = kernel.execute(
        'await new Promise((r) => setTimeout(r, 100)); console.log("mine")',
      );
      // Which of two sockets the kernel reads first is nobody's promise: the second asks once the first runs.
      const begins = ({ type, content }: Message) =>
        type === "execute_input" && String(content.code).includes('"mine"');
      await second.whenPublished(begins);
      const theirs = second.execute('console.log("theirs")');
      assert.equal((await mine).stdout, "mine\n");
      assert.equal((await theirs).stdout, "theirs\n");
      const said = (text: string) => (message: Message) =>
        message.type === "stream" && message.content.text === text;
      await kernel.whenPublished(said("theirs\n"));
      const seen = (client: Client) =>
        client.published.filter(({ type }) => type === "stream").map(({ content }) => content.text);
      assert.deepEqual(seen(second), ["mine\n", "theirs\n"]);
      assert.deepEqual(seen(kernel).slice(-2), ["mine\n", "theirs\n"]);
    } finally {
      second.close();
    }
  });

  it("does not hold up any other request while it runs", async () => {
    const id = await kernel.send("execute_request", executeContent("while (true) {}"));
    await kernel.whenPublished(
      ({ type, parent }) => type === "execute_input" && parent.msg_id === id,
    );
    const { reply } = await kernel.request("complete_request", { code: "Math.tru", cursor_pos: 8 });
    assert.deepEqual(reply.content.matches, ["trunc"]);
    for (const [type, content] of [
      ["kernel_info_request", {}],
      ["is_complete_request", { code: "1" }],
      ["inspect_request", { code: "Math", cursor_pos: 2 }],
      ["history_request", { hist_access_type: "tail", n: 1 }],
      ["comm_info_request", {}],
    ] as const) {
      assert.equal(
        (await kernel.request(type, content)).reply.header.msg_type,
        type.replace("_request", "_reply"),
      );
    }
    assert.ok((await kernel.beat()) >= 0);
    // The last status of all says that the cell still runs.
    await kernel.whenPublished(() => {
      const last = kernel.published.findLast(({ type }) => type === "status");
      return last?.parent.msg_id === id && last?.content.execution_state === "busy";
    });
    await kernel.interrupt();
    await kernel.whenPublished(
      ({ parent, content }) => parent.msg_id === id && content.execution_state === "idle",
    );
    assert.equal((await kernel.execute("8")).result?.data?.["text/plain"], "8");
  });

  it("that was interrupted stops those queued behind it", async () => {
    const runs = kernel.execute("await new Promise(() => {})");
    const queued = kernel.execute("1");
    await kernel.whenPublished(
      ({ type, content }) =>
        type === "execute_input" && content.code === "await new Promise(() => {})",
    );
    await kernel.interrupt();
    assert.equal((await runs).reply.content.status, "error");
    assert.equal((await queued).reply.content.status, "aborted");
  });
});
