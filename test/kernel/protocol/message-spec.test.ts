/** Each kind of message, as the specification has it. */
import assert from "node:assert/strict";
import { type Answer, type Content, Kernel, type Message } from "../client.ts";
import { checkMessage, checkOrder } from "./message-spec.ts";

describe("By the messaging specification", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start();
  });
  after(() => kernel.end());

  /** Sends a request and checks all that comes of it. */
  async function ask(
    type: string,
    content: Content = {},
    channel: "shell" | "control" = "shell",
  ): Promise<Answer> {
    const answer = await kernel.request(type, content, { channel });
    const id = answer.reply.parent.msg_id;
    const published = kernel.published.filter((message) => message.parent.msg_id === id);
    for (const message of [answer.reply, ...published]) {
      checkMessage(message);
      assert.equal(message.parent.msg_id, id);
      assert.equal(message.parent.msg_type, type);
      assert.equal(message.parent.session, kernel.session);
    }
    assert.equal(answer.reply.type, type.replace("_request", "_reply"));
    checkOrder(published, `${type} ${JSON.stringify(content)}`);
    return answer;
  }

  const execute = (code: string, options: object = {}) =>
    ask("execute_request", {
      ...{ code, silent: false, store_history: true, user_expressions: {} },
      ...{ allow_stdin: false, stop_on_error: true },
      ...options,
    });
  const ofType = ({ outputs }: Answer, type: string): Message[] =>
    outputs.filter((message) => message.type === type);

  it("a cell has its input, its output and its reply", async () => {
    const answer = await execute("console.log('a'); display.html('<b>b</b>'); 1 + 1");
    assert.deepEqual(
      answer.outputs.map(({ type }) => type),
      ["execute_input", "stream", "display_data", "execute_result"],
    );
    const { execution_count } = answer.reply.content;
    assert.equal(ofType(answer, "execute_input")[0]?.content.execution_count, execution_count);
    assert.equal(ofType(answer, "execute_result")[0]?.content.execution_count, execution_count);
  });

  it("a silent cell shows nothing and counts for nothing", async () => {
    const before = (await execute("1")).reply.content.execution_count as number;
    const silent = await execute("console.log(1); 2", { silent: true });
    assert.deepEqual(silent.outputs, []);
    assert.equal(silent.reply.content.execution_count, before);
    const loud = await execute("3", { store_history: false });
    assert.equal(ofType(loud, "execute_result").length, 1);
    assert.equal((await execute("4")).reply.content.execution_count, before + 1);
    // What is silent has its errors told to nobody but who sent it.
    const failing = await execute("throw new Error('x')", { silent: true });
    assert.equal(failing.reply.content.status, "error");
    assert.deepEqual(failing.outputs, []);
  });

  it("an error is published and replied, in the same words", async () => {
    for (const code of ["throw new TypeError('wrong')", "const n: number = ''", "a b", "throw 3"]) {
      const answer = await execute(code);
      const { ename, evalue, traceback } = answer.reply.content;
      const [published] = ofType(answer, "error");
      assert.deepEqual(published?.content, { ename, evalue, traceback });
      assert.ok(Number.isInteger(answer.reply.content.execution_count));
    }
  });

  it("what was sent after a cell that fails is aborted, unless it says otherwise", async () => {
    const status = async (stop: boolean) => {
      const [, after] = await Promise.all([
        execute("throw new Error()", { stop_on_error: stop }),
        kernel.request("execute_request", {
          ...{ code: "'ran'", silent: false, store_history: true, user_expressions: {} },
          ...{ allow_stdin: false, stop_on_error: true },
        }),
      ]);
      for (const message of [after.reply, ...after.outputs]) checkMessage(message);
      return after.reply.content.status;
    };
    assert.equal(await status(true), "aborted");
    assert.equal(await status(false), "ok");
    assert.equal((await execute("1")).reply.content.status, "ok");
  });

  it("expressions of the sender are answered one by one", async () => {
    const user_expressions = { good: "1 + 1", bad: "throwing()", wrong: "(", promised: "await 3" };
    const { reply } = await execute("function throwing() { throw new Error('no'); }", {
      user_expressions,
    });
    const { good, bad, wrong, promised } = reply.content.user_expressions as Record<
      string,
      Content
    >;
    assert.deepEqual(good?.data, { "text/plain": "2" });
    assert.equal(bad?.ename, "Error");
    assert.equal(wrong?.ename, "SyntaxError");
    assert.deepEqual(promised?.data, { "text/plain": "3" });
  });

  it("displays are changed and cleared", async () => {
    const answer = await execute(
      "const d = display('a'); d.update('b'); clearOutput({ wait: true })",
    );
    const [shown] = ofType(answer, "display_data");
    const [updated] = ofType(answer, "update_display_data");
    assert.deepEqual(updated?.content.transient, shown?.content.transient);
    assert.equal(ofType(answer, "clear_output")[0]?.content.wait, true);
  });

  it("requests about code are answered, whatever the code is", async () => {
    const codes = [
      "",
      " ",
      "Math.ma",
      "Math.max(",
      "'😀".repeat(3),
      "let x = {\n",
      "%ti",
      "\u0000",
      "!",
    ];
    for (const code of codes) {
      for (const cursor_pos of [0, [...code].length]) {
        const { reply } = await ask("complete_request", { code, cursor_pos });
        const { cursor_start, cursor_end } = reply.content as Record<string, number>;
        assert.ok(0 <= cursor_start! && cursor_start! <= cursor_pos && cursor_pos <= cursor_end!);
        await ask("inspect_request", { code, cursor_pos, detail_level: 0 });
        await ask("inspect_request", { code, cursor_pos, detail_level: 1 });
      }
      await ask("is_complete_request", { code });
    }
    const { reply } = await ask("inspect_request", { code: "nothingOfThis", cursor_pos: 4 });
    assert.equal(reply.content.found, false);
    assert.deepEqual(reply.content.data, {});
  });

  it("history is told in all three ways", async () => {
    await execute("'remembered'");
    for (const output of [true, false]) {
      const shared = { output, raw: true };
      await ask("history_request", { ...shared, hist_access_type: "tail", n: 2 });
      const range = { ...shared, hist_access_type: "range", session: 0, start: 1, stop: 3 };
      const { reply } = await ask("history_request", range);
      assert.equal((reply.content.history as unknown[]).length, 2);
      const search = {
        ...shared,
        hist_access_type: "search",
        n: 9,
        pattern: "*ember*",
        unique: true,
      };
      const { reply: found } = await ask("history_request", search);
      assert.equal((found.content.history as unknown[]).length, 1);
    }
    await ask("history_request", { hist_access_type: "wrong" });
  });

  it("the kernel says what it is, where it listens and who talks to it", async () => {
    for (const channel of ["shell", "control"] as const) {
      await ask("kernel_info_request", {}, channel);
      await ask("comm_info_request", {}, channel);
      await ask("comm_info_request", { target_name: "none" }, channel);
      const { reply } = await ask("connect_request", {}, channel);
      const { shell_port, iopub_port, stdin_port, hb_port, control_port } = kernel.connection;
      assert.deepEqual(reply.content, {
        status: "ok",
        ...{ shell_port, iopub_port, stdin_port, hb_port, control_port },
      });
    }
  });

  it("what it does not support it refuses", async () => {
    for (const type of ["debug_request", "create_subshell_request"]) {
      const { reply } = await ask(type, {}, "control");
      assert.equal(reply.content.status, "error");
    }
  });

  it("requests with wrong content are refused, and say why", async () => {
    for (const [type, content] of [
      ["execute_request", {}],
      ["execute_request", { code: 1 }],
      ["complete_request", { cursor_pos: "x", code: "" }],
      ["inspect_request", { code: null, cursor_pos: 0 }],
      ["is_complete_request", { code: [] }],
      ["history_request", {}],
    ] as const) {
      const { reply } = await ask(type, content as Content);
      assert.equal(reply.content.status, "error", type);
      assert.match(String(reply.content.evalue), /expected/);
    }
  });

  it("a question goes to who ran the cell, by the header of the cell", async () => {
    const questions: Content[] = [];
    kernel.onInput = (prompt, password) => {
      questions.push({ prompt, password });
      return "answer";
    };
    const answer = await execute("[prompt('Who?'), prompt('Secret', { password: true })].join()", {
      allow_stdin: true,
    });
    assert.deepEqual(questions, [
      { prompt: "Who?", password: false },
      { prompt: "Secret", password: true },
    ]);
    const [result] = ofType(answer, "execute_result");
    assert.deepEqual(result?.content.data, { "text/plain": "'answer,answer'" });
  });

  it("an interrupt is answered and a shutdown too, the latter for all", async () => {
    await ask("interrupt_request", {}, "control");
    const own = await Kernel.start();
    try {
      const reply = await own.shutdown(true);
      checkMessage(reply);
      assert.deepEqual(reply.content, { status: "ok", restart: true });
      const published = own.published.find(({ type }) => type === "shutdown_reply");
      assert.deepEqual(published?.content, { status: "ok", restart: true });
    } finally {
      await own.end();
    }
  });

  it("all that was ever published is as it should be", () => {
    for (const message of kernel.published) checkMessage(message);
    assert.equal(kernel.published[0]?.type, "iopub_welcome");
  });
});
