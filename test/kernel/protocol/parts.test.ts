/** Parts of the protocol that can be tried without a kernel process. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConnection } from "../../../kernel/protocol/connection.ts";
import { History } from "../../../kernel/protocol/history.ts";
import { Outbox } from "../../../kernel/protocol/outbox.ts";
import { toOffset, toPosition } from "../../../kernel/protocol/text.ts";
import { Wire, WireError } from "../../../kernel/protocol/wire.ts";
import { decode, encode, newHeader } from "../wire.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "kernel-parts-"));
});
after(() => rm(folder, { recursive: true, force: true }));

describe("The connection file", () => {
  const good = {
    ...{ transport: "tcp", ip: "127.0.0.1", key: "k", signature_scheme: "hmac-sha256" },
    ...{ shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 5 },
  };
  const read = async (content: unknown) => {
    const file = join(folder, "connection.json");
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    return readConnection(file);
  };

  it("gives addresses by TCP and by IPC", async () => {
    const { endpoints, key, hash } = await read(good);
    assert.equal(endpoints.shell, "tcp://127.0.0.1:1");
    assert.equal(endpoints.hb, "tcp://127.0.0.1:5");
    assert.deepEqual([key, hash], ["k", "sha256"]);
    assert.equal((await read({ ...good, ip: "::1" })).endpoints.iopub, "tcp://[::1]:4");
    const ipc = await read({ ...good, transport: "ipc", ip: "/tmp/kernel-7" });
    assert.equal(ipc.endpoints.stdin, "ipc:///tmp/kernel-7-3");
  });

  it("is refused with the file, the field and the value where it is wrong", async () => {
    for (const [content, pattern] of [
      ["{", /connection\.json/],
      ["[]", /connection\.json.*object/],
      [{ ...good, shell_port: undefined }, /shell_port is missing/],
      [{ ...good, hb_port: "80" }, /hb_port is "80", expected a number from 1 to 65535/],
      [{ ...good, iopub_port: 70000 }, /iopub_port is 70000/],
      [{ ...good, transport: "udp" }, /transport is "udp"/],
      [{ ...good, signature_scheme: "none" }, /signature_scheme is "none"/],
      [{ ...good, key: 5 }, /key is 5/],
    ] as const) {
      await assert.rejects(read(content), pattern);
    }
  });
});

describe("Messages on the wire", () => {
  const content = { text: "é😀", list: [1, null] };

  it("are understood by a second implementation, and the other way round", () => {
    const wire = new Wire({ key: "secret", hash: "sha256" });
    const buffers = [Buffer.from([1, 2])];
    const { id, frames } = wire.encode({ type: "comm_msg", content, metadata: { a: 1 }, buffers });
    const message = decode(
      "secret",
      frames.map((frame) => Buffer.from(frame)),
    );
    assert.equal(message.header.msg_id, id);
    assert.equal(message.header.session, wire.session);
    assert.deepEqual([message.content, message.metadata], [content, { a: 1 }]);
    assert.deepEqual(message.buffers, buffers);

    const header = newHeader("comm_msg", "s");
    const sent = encode("secret", header, content, { buffers });
    const read = wire.decode(["client", ...sent].map((frame) => Buffer.from(frame)));
    assert.deepEqual(read.identities.map(String), ["client"]);
    assert.deepEqual(read.header, header);
    assert.deepEqual(read.content, content);
    assert.deepEqual(read.buffers, buffers);
  });

  it("hold no half of a surrogate pair, which Python cannot write", () => {
    const wire = new Wire({ key: "", hash: "sha256" });
    const text = `a\ud83d "\\ud83d" 😀`;
    const { frames } = wire.encode({ type: "stream", content: { text } });
    assert.equal(JSON.parse(String(frames[5])).text, `a\ufffd "\\ud83d" 😀`);
  });

  it("count once", () => {
    const wire = new Wire({ key: "secret", hash: "sha256" });
    const frames = encode("secret", newHeader("x", "s"), {}).map((frame) => Buffer.from(frame));
    wire.decode(frames);
    assert.throws(() => wire.decode(frames), new WireError("repeated signature"));
  });
});

describe("Positions in code points and in UTF-16", () => {
  it("are converted both ways, and brought into the text", () => {
    const text = "a😀b";
    assert.deepEqual(
      [0, 1, 2, 3, 99, -1].map((n) => toOffset(text, n)),
      [0, 1, 3, 4, 4, 0],
    );
    assert.deepEqual(
      [0, 1, 3, 4, 99].map((n) => toPosition(text, n)),
      [0, 1, 2, 3, 3],
    );
    assert.equal(toOffset("\ud83d!", 1), 1);
  });
});

describe("An outbox", () => {
  it("sends one message at a time, in order, also after one that fails", async () => {
    const sent: string[] = [];
    let sending = 0;
    const outbox = new Outbox(async ([frame]) => {
      assert.equal(++sending, 1);
      await new Promise((resolve) => setImmediate(resolve));
      sending--;
      if (String(frame) === "bad") throw new Error("cannot send");
      sent.push(String(frame));
    });
    const results = ["a", "bad", "b"].map((text) => outbox.push([Buffer.from(text)]));
    await assert.rejects(results[1]!, /cannot send/);
    await outbox.flushed();
    assert.deepEqual(sent, ["a", "b"]);
  });

  it("asks to wait while more than its limit is queued", async () => {
    const release: (() => void)[] = [];
    const outbox = new Outbox(() => new Promise((resolve) => release.push(resolve)), 10);
    void outbox.push([Buffer.alloc(8)]);
    const room = () => outbox.room;
    assert.equal(room(), undefined);
    void outbox.push([Buffer.alloc(4), Buffer.alloc(4)]);
    let open = false;
    const opened = room()?.then(() => {
      open = true;
    });
    assert.ok(opened);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(open, false);
    for (let i = 0; i < 2; i++) {
      release.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await opened;
    assert.equal(room(), undefined);
  });
});

describe("The history's file", () => {
  it("stays below its limit, and loses the oldest", async () => {
    const file = join(folder, "deep", "history.jsonl");
    const first = new History(file, 2_000);
    for (let line = 1; line <= 100; line++) first.add(line, `cell ${line}`);
    await first.close();
    const second = new History(file, 2_000);
    second.add(1, "new");
    await second.close();
    assert.ok((await stat(file)).size < 2_000);
    const third = await new History(file, 2_000).tail(3);
    assert.deepEqual(
      third.map(({ session, line, input }) => [session, line, input]),
      [
        [1, 99, "cell 99"],
        [1, 100, "cell 100"],
        [2, 1, "new"],
      ],
    );
  });

  it("is for its owner alone, also where it was not before", async () => {
    const file = join(folder, "open.jsonl");
    await writeFile(file, "");
    await chmod(file, 0o644);
    const history = new History(file);
    history.add(1, "secret");
    await history.close();
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("is read as far as it can be, and is no reason to fail", async () => {
    const file = join(folder, "broken.jsonl");
    await writeFile(file, '{"session":4,"line":1,"input":"a"}\n{"session":4,"li\n[]\nnull\n');
    const history = new History(file);
    history.add(1, "b");
    assert.deepEqual(
      (await history.tail(9)).map(({ session, input }) => [session, input]),
      [
        [4, "a"],
        [5, "b"],
      ],
    );
    const nowhere = new History(join(file, "impossible"));
    nowhere.add(1, "kept in memory");
    assert.equal((await nowhere.tail(1))[0]?.input, "kept in memory");
    await nowhere.close();
    assert.match(await readFile(file, "utf8"), /"b"/);
  });

  it("matches patterns in time that does not explode", async () => {
    const history = new History(join(folder, "patterns.jsonl"));
    history.add(1, "a".repeat(5_000));
    assert.deepEqual(await history.search(`${"*a".repeat(40)}*b`), []);
    assert.equal((await history.search(`${"*a".repeat(40)}*`)).length, 1);
    assert.equal((await history.search("[a]*")).length, 0);
  });
});
