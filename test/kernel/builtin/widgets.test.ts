// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the cells
/** Widgets over the protocol, as a frontend's widget manager uses it. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Kernel, type Message } from "../client.ts";
import { plain } from "../worker/session.ts";
import { Frontend, type State } from "./frontend.ts";

const updates = (messages: readonly Message[], method: string) =>
  messages
    .filter(({ type }) => type === "comm_msg")
    .map(({ content }) => content.data as { method: string; state: State })
    .filter((data) => data.method === method)
    .map(({ state }) => state);

describe("widgets", function () {
  this.timeout(60_000);
  let kernel: Kernel;
  let frontend: Frontend;

  before(async () => {
    kernel = await Kernel.start();
    frontend = new Frontend(kernel);
  });

  after(() => kernel.end());

  async function run(code: string) {
    const answer = await kernel.execute(code);
    const { content } = answer.reply;
    assert.equal(content.status, "ok", plain(((content.traceback as string[]) ?? []).join("\n")));
    return answer;
  }

  const printed = (text: string) =>
    kernel.published.filter(
      ({ type, content }) => type === "stream" && (content.text as string).includes(text),
    );

  it("are shown as themselves, and as a text where there are none", async () => {
    const { result } = await run(
      'import { IntSlider } from "jupyter:widgets";\n' +
        'const slider = new IntSlider({ value: 3, max: 10, description: "x" });\nslider',
    );
    const data = result?.data as Record<string, unknown>;
    assert.deepEqual(data["application/vnd.jupyter.widget-view+json"], {
      ...{ version_major: 2, version_minor: 0, model_id: frontend.id("IntSlider") },
    });
    assert.equal(data["text/plain"], 'IntSlider { description: "x", max: 10, value: 3 }');
    const { reply } = await kernel.request("comm_info_request", { target_name: "jupyter.widget" });
    // Layout, style and the slider itself.
    assert.equal(Object.keys(reply.content.comms as object).length, 3);
  });

  it("are checked by the types of their properties", async () => {
    const { reply } = await kernel.execute('slider.value = "many";');
    assert.equal(reply.content.ename, "TypeScriptError");
    assert.match(String(reply.content.evalue), /'string' is not assignable to type 'number'/);
    const { reply: other } = await kernel.execute("new IntSlider({ maximum: 3 });");
    assert.match(String(other.content.evalue), /'maximum' does not exist/);
    const { reply: list } = await kernel.request("complete_request", {
      ...{ code: "slider.va", cursor_pos: 9 },
    });
    assert.deepEqual(list.content.matches, ["value"]);
    const { reply: help } = await kernel.request("inspect_request", {
      ...{ code: "slider.readoutFormat", cursor_pos: 15, detail_level: 0 },
    });
    assert.match(JSON.stringify(help.content.data), /d3-format/);
  });

  it("say what is wrong with a value where nothing checks", async () => {
    const { reply } = await kernel.execute('// @ts-nocheck\nslider.value = "many";');
    assert.match(String(reply.content.evalue), /IntSlider\.value is 'many', expected an integer\./);
    const { reply: other } = await kernel.execute("// @ts-nocheck\nnew IntSlider({ maximum: 3 });");
    assert.match(String(other.content.evalue), /IntSlider has no property "maximum"; it has .*max/);
    const { reply: limits } = await kernel.execute("new IntSlider({ min: 5, max: 3 });");
    assert.match(String(limits.content.evalue), /min is 5, expected at most max, which is 3/);
  });

  it("tell frontends of what a cell sets, and keep values within their limits", async () => {
    await run("slider.value = 7; slider.max = 5;");
    const { value, max } = frontend.state("IntSlider");
    assert.deepEqual({ value, max }, { value: 5, max: 5 });
    assert.equal((await run("slider.value")).result?.data?.["text/plain"], "5");
    await run("slider.max = 100;");
  });

  it("hear what a person does, say so, and call those who watch under their cell", async () => {
    const cell = await run(
      'slider.observe("value", ({ value, old }) => console.log(`from ${old} to ${value}`));',
    );
    const id = frontend.id("IntSlider");
    const messages = await frontend.changed(id, { value: 42 });
    assert.deepEqual(updates(messages, "echo_update"), [{ value: 42 }]);
    assert.deepEqual(updates(messages, "update"), []);
    const [line] = printed("from 5 to 42");
    assert.equal(line?.parent.msg_id, cell.reply.parent.msg_id);
    assert.equal((await run("slider.value")).result?.data?.["text/plain"], "42");
  });

  it("mend what a frontend must not set, and ignore what is none of it", async () => {
    const id = frontend.id("IntSlider");
    await frontend.changed(id, { value: 1000 });
    assert.equal(frontend.state("IntSlider").value, 100);
    await frontend.changed(id, { value: "x", nonsense: 1, _model_name: "EvilModel" });
    assert.equal(frontend.state("IntSlider").value, 100);
    const answer = await kernel.send("comm_msg", { comm_id: id, data: { method: "update" } });
    await frontend.answers(answer);
    const stray = await kernel.send("comm_msg", { comm_id: "nobody", data: {} });
    await frontend.answers(stray);
    await run("slider.value = 10;");
  });

  it("do something with the last of the values that come while a cell runs", async () => {
    await run('slider.observe("value", ({ value }) => console.log(`seen ${value}`));');
    const id = frontend.id("IntSlider");
    const running = run("for (const end = Date.now() + 400; Date.now() < end; );");
    await sleep(100);
    const ids = [];
    for (const value of [11, 12, 13, 14]) ids.push(await frontend.change(id, { value }));
    await running;
    for (const each of ids) await frontend.answers(each);
    assert.equal(printed("seen 14").length, 1);
    assert.equal(printed("seen 1").length, 1);
  });

  it("keep the kernel busy until an async handler has ended, and then do the last", async () => {
    await run(
      'slider.observe("value", async ({ value }) => {\n' +
        "  await new Promise((resolve) => setTimeout(resolve, 150));\n" +
        "  console.log(`late ${value}`);\n});",
    );
    const id = frontend.id("IntSlider");
    const first = await frontend.change(id, { value: 21 });
    await kernel.whenPublished(({ content }) => content.text?.includes("seen 21") ?? false);
    for (const value of [22, 23]) await frontend.changed(id, { value });
    await frontend.answers(first);
    await kernel.whenPublished(({ content }) => content.text === "late 23\n");
    assert.equal(printed("late 21").length, 1);
    assert.equal(printed("late 22").length, 0);
    // A cell runs meanwhile.
    assert.equal((await run("1 + 1")).result?.data?.["text/plain"], "2");
  });

  it("call what a button does, once for each click", async () => {
    await run(
      'import { Button } from "jupyter:widgets";\nlet clicks = 0;\n' +
        'const button = new Button({ description: "go" });\n' +
        "button.onClick(() => { clicks++; console.log(`click ${clicks}`); });",
    );
    const id = frontend.id("Button");
    await frontend.answers(await frontend.press(id));
    await frontend.answers(await frontend.press(id));
    assert.equal(printed("click 2").length, 1);
    await run("button.click();");
    assert.equal(printed("click 3").length, 1);
  });

  it("show an error of a handler under its cell, and go on", async () => {
    const cell = await run('button.onClick(() => { throw new RangeError("too far"); });');
    await frontend.answers(await frontend.press(frontend.id("Button")));
    const error = kernel.published.findLast(({ type }) => type === "error");
    assert.equal(error?.content.ename, "RangeError");
    assert.equal(error?.parent.msg_id, cell.reply.parent.msg_id);
    assert.match(plain((error!.content.traceback ?? []).join("\n")), /cell\[\d+\]:1:/);
    await frontend.answers(await frontend.press(frontend.id("Button")));
    assert.equal(printed("click 5").length, 1);
  });

  it("let a handler be interrupted, and call it again", async () => {
    await run(
      "const endless = new Button();\nlet rounds = 0;\nendless.onClick(() => { console.log(`round ${++rounds}`); while (true); });",
    );
    const id = frontend.id("Button");
    for (const round of [1, 2]) {
      const press = await frontend.press(id);
      await kernel.whenPublished(({ content }) => content.text === `round ${round}\n`);
      await kernel.interrupt();
      await frontend.answers(press);
    }
    const errors = kernel.published.filter(({ content }) => content.ename === "Interrupted");
    assert.equal(errors.length, 2);
    await run(
      "const waiting = new Button();\nwaiting.onClick(async () => { await new Promise(() => {}); });",
    );
    const press = await frontend.press(frontend.id("Button"));
    await sleep(50);
    await kernel.interrupt();
    await frontend.answers(press);
    assert.equal((await run("slider.value")).result?.data?.["text/plain"], "23");
  });

  it("are all there for a page that was loaded anew", async () => {
    await run(
      'import { Image } from "jupyter:widgets";\n' +
        "const picture = new Image({ value: new Uint8Array([1, 2, 3]) });",
    );
    assert.deepEqual([...(frontend.state("Image").value as Uint8Array)], [1, 2, 3]);
    await kernel.send("comm_open", {
      ...{ comm_id: "control", target_name: "jupyter.widget.control", data: {} },
    });
    const request = await kernel.send("comm_msg", {
      ...{ comm_id: "control", data: { method: "request_states" } },
    });
    const answers = await frontend.answers(request);
    const answer = answers.find(({ type }) => type === "comm_msg")!;
    const { states, buffer_paths } = answer.content.data as {
      states: Record<string, { model_name: string; state: State }>;
      buffer_paths: unknown;
    };
    const known = Object.entries(states).map(([id, { state }]) => [id, state._model_name]);
    const expected = [...frontend.states].map(([id, state]) => [id, state._model_name]);
    assert.deepEqual(known, expected);
    assert.equal(states[frontend.id("IntSlider")]?.state.value, 23);
    assert.deepEqual(buffer_paths, [[frontend.id("Image"), "state", "value"]]);
    assert.deepEqual([...answer.buffers[0]!], [1, 2, 3]);
    const single = await kernel.send("comm_msg", {
      ...{ comm_id: frontend.id("IntSlider"), data: { method: "request_state" } },
    });
    const [state] = updates(await frontend.answers(single), "update");
    assert.equal(state?.value, 23);
  });

  it("take bytes from frontends", async () => {
    await run('import { FileUpload } from "jupyter:widgets";\nconst upload = new FileUpload();');
    const file = { name: "a.txt", type: "text/plain", size: 2, last_modified: 0 };
    const message = await kernel.send(
      "comm_msg",
      {
        comm_id: frontend.id("FileUpload"),
        data: {
          ...{ method: "update", state: { value: [file] } },
          buffer_paths: [["value", 0, "content"]],
        },
      },
      { buffers: [new Uint8Array([104, 105])] },
    );
    await frontend.answers(message);
    const { result } = await run("new TextDecoder().decode(upload.value[0]!.content)");
    assert.equal(result?.data?.["text/plain"], "'hi'");
  });

  it("choose values of any kind, by what is shown of them", async () => {
    const { stdout } = await run(
      'import { Dropdown, SelectMultiple } from "jupyter:widgets";\n' +
        "const size = new Dropdown({ options: { small: 1, large: 9 }, value: 9 });\n" +
        'size.observe("value", ({ value, old }) => console.log(`size ${old} → ${value}`));\n' +
        "const doubled: number = (size.value ?? 0) * 2;\nconsole.log(doubled, size.label);\n" +
        'const several = new SelectMultiple({ options: ["a", "b", "c"], value: ["c"] });\n' +
        "console.log(several.index, several.value);",
    );
    assert.equal(stdout, "18 large\n[ 2 ] [ 'c' ]\n");
    await frontend.changed(frontend.id("Dropdown"), { index: 0 });
    assert.equal(printed("size 9 → 1").length, 1);
    const { reply } = await kernel.execute("size.value = 5;");
    assert.match(
      String(reply.content.evalue),
      /Dropdown\.value is 5, expected one of .* small, large/,
    );
    await frontend.changed(frontend.id("Dropdown"), { index: 7 });
    assert.equal(frontend.state("Dropdown").index, 0);
  });

  it("close, for all frontends", async () => {
    await run("several.close();");
    assert.throws(() => frontend.id("SelectMultiple"));
  });

  describe("interact", () => {
    it("runs a function with a control for each argument", async () => {
      const { displays, result } = await run(
        'import { interact } from "jupyter:widgets";\n' +
          "interact(({ x, y, mode, flag, text }) => {\n" +
          "  const sum: number = x + y;\n" +
          '  const kind: "a" | "b" = mode;\n' +
          "  return `${sum} ${kind} ${flag && text.length}`;\n" +
          '}, { x: 5, y: [0, 10], mode: ["a", "b"], flag: true, text: "…" })',
      );
      // Shown once, although the cell ends with it.
      assert.equal(result, undefined);
      assert.equal(displays.length, 1);
      assert.ok("application/vnd.jupyter.widget-view+json" in (displays[0]!.data as object));
      const box = frontend.state("VBox");
      assert.deepEqual(box._dom_classes, ["widget-interact"]);
      const children = (box.children as string[]).map((name) =>
        frontend.states.get(name.slice(10)),
      );
      assert.deepEqual(
        children.map((child) => [child?._model_name, child?.description]),
        [
          ["IntSliderModel", "x"],
          ["IntSliderModel", "y"],
          ["DropdownModel", "mode"],
          ["CheckboxModel", "flag"],
          ["TextModel", "text"],
          ["OutputModel", undefined],
        ],
      );
      assert.equal(shown(), "'10 a 1'");
    });

    const outputs = () => frontend.state("Output").outputs as readonly State[];
    const shown = () =>
      outputs()
        .map(({ data, text, ename }) => (data as State)?.["text/plain"] ?? text ?? ename)
        .join("");

    it("runs it again when one of them moves, and changes what is shown in place", async () => {
      const x = frontend.labelled("x");
      await frontend.changed(x, { value: 7 });
      assert.equal(outputs().length, 1);
      assert.equal(shown(), "'12 a 1'");
    });

    it("shows what the function prints, displays, returns and throws", async () => {
      await run(
        "interact(({ n }) => {\n" +
          "  console.log(`n is ${n}`);\n" +
          "  display.html(`<b>${n}</b>`);\n" +
          '  if (n > 3) throw new Error("more than 3");\n' +
          "  return n;\n}, { n: [0, 5] });",
      );
      const kinds = () => outputs().map(({ output_type }) => output_type);
      assert.deepEqual(kinds(), ["stream", "display_data", "display_data"]);
      const n = frontend.labelled("n");
      await frontend.changed(n, { value: 5 });
      assert.deepEqual(kinds(), ["stream", "display_data", "error"]);
      assert.equal(outputs()[2]?.evalue, "more than 3");
      assert.equal(printed("n is").length, 0);
    });

    it("says in plain text what its arguments are and what came of them", async () => {
      const { result } = await run(
        'import { interactive } from "jupyter:widgets";\ninteractive(({ n, mode }) => {\n  console.log(`n is ${n}`);\n  return mode;\n}, { n: [0, 5], mode: ["a", "b"] })',
      );
      assert.equal(result?.data?.["text/plain"], "Interactive { n: 2, mode: \"a\" }\nn is 2\n'a'");
    });

    it("waits for an async function, and does the last of what comes meanwhile", async () => {
      await run(
        "let runs = 0;\n" +
          "interact(async ({ z }) => {\n  runs++;\n" +
          "  await new Promise((resolve) => setTimeout(resolve, 100));\n" +
          "  console.log(`z is ${z}`);\n}, { z: 1 });",
      );
      assert.equal(shown(), "z is 1\n");
      const z = frontend.labelled("z");
      await Promise.all([2, 3].map((value) => frontend.changed(z, { value })));
      await kernel.whenPublished(({ content }) => JSON.stringify(content).includes("z is 3"));
      assert.equal(shown(), "z is 3\n");
      assert.ok(Number((await run("runs")).result?.data?.["text/plain"]) <= 3);
    });

    it("changes displays that stand in it", async () => {
      await run(
        "const places: { update(value: unknown): unknown }[] = [];\n" +
          "interact(({ k }) => void places.push(display(`first ${k}`)), { k: 1 });",
      );
      assert.equal(shown(), "'first 1'");
      const { outputs: messages } = await run('places[0]!.update("second");');
      assert.equal(shown(), "'second'");
      assert.ok(messages.every(({ type }) => type !== "update_display_data"));
    });

    it("is run by hand where it takes long", async () => {
      await run(
        'import { fixed, interactManual } from "jupyter:widgets";\n' +
          "interactManual(({ a, b }) => a * b, { a: 3, b: fixed(2) });",
      );
      assert.deepEqual(outputs(), []);
      await frontend.answers(await frontend.press(frontend.id("Button")));
      assert.equal(shown(), "6");
    });
  });

  it("let a progress bar be set as often as one likes", async () => {
    const before = kernel.published.length;
    await run(
      'import { IntProgress } from "jupyter:widgets";\nconst bar = new IntProgress({ max: 100_000 });\n' +
        "for (let i = 0; i <= 100_000; i++) bar.value = i;",
    );
    assert.ok(kernel.published.length - before < 1_000);
    assert.equal(frontend.state("IntProgress").value, 100_000);
  });
});

describe("comms", function () {
  this.timeout(60_000);
  let kernel: Kernel;

  before(async () => {
    kernel = await Kernel.start();
  });

  after(() => kernel.end());

  it("go from cells to frontends and back, with bytes", async () => {
    const { outputs } = await kernel.execute(
      'import { acceptComms, openComm } from "jupyter:comms";\n' +
        'const comm = openComm("mine", { a: 1 }, { metadata: { b: 2 }, buffers: [new Uint8Array([7])] });\n' +
        "comm.onMessage(({ data, buffers }) => comm.send({ got: data, bytes: buffers[0]?.length }));\n" +
        'acceptComms("theirs", (other, { data }) => { console.log("opened with", data); other.send({ welcome: true }); });',
    );
    const opened = outputs.find(({ type }) => type === "comm_open")!;
    assert.equal(opened.content.target_name, "mine");
    assert.deepEqual(opened.content.data, { a: 1 });
    assert.deepEqual(opened.metadata, { b: 2 });
    assert.deepEqual([...opened.buffers[0]!], [7]);
    const id = opened.content.comm_id as string;
    await kernel.send(
      "comm_msg",
      { comm_id: id, data: { x: 3 } },
      { buffers: [Buffer.from("ab")] },
    );
    const reply = await kernel.whenPublished(({ type }) => type === "comm_msg");
    assert.deepEqual(reply.content.data, { got: { x: 3 }, bytes: 2 });
    await kernel.send("comm_open", { comm_id: "t", target_name: "theirs", data: { y: 4 } });
    await kernel.whenPublished(({ content }) => content.comm_id === "t");
    await kernel.whenPublished(({ content }) => content.text === "opened with { y: 4 }\n");
    const { reply: info } = await kernel.request("comm_info_request");
    assert.deepEqual(info.content.comms, {
      ...{ [id]: { target_name: "mine" }, t: { target_name: "theirs" } },
    });
    await kernel.send("comm_close", { comm_id: id, data: {} });
    assert.equal((await kernel.execute("comm.isClosed")).result?.data?.["text/plain"], "true");
  });

  it("are closed where nobody takes them", async () => {
    await kernel.send("comm_open", { comm_id: "u", target_name: "unknown", data: {} });
    const closed = await kernel.whenPublished(({ type }) => type === "comm_close");
    assert.equal(closed.content.comm_id, "u");
  });
});
