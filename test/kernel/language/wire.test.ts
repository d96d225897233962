import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { ConnectionClosed, ResponseError, Wire } from "../../../kernel/language/wire.ts";

function frame(message: unknown): Buffer {
  const body = JSON.stringify(message);
  return Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

describe("wire", () => {
  let fromPeer: PassThrough;
  let toPeer: PassThrough;
  let asked: unknown[];
  let wire: Wire;

  beforeEach(() => {
    fromPeer = new PassThrough();
    toPeer = new PassThrough();
    asked = [];
    wire = new Wire(fromPeer, toPeer, (method, params) => {
      asked.push([method, params]);
      if (method === "refuse") throw new Error("not this");
      return { answered: method };
    });
  });

  /** What was sent by now; it is written at the end of a turn. */
  const sent = async () => {
    await new Promise(setImmediate);
    return toPeer.read().toString() as string;
  };

  it("frames a request by its length in bytes", async () => {
    void wire.request("ask", { text: "größe 😀" });
    const text = await sent();
    const [head, body] = text.split("\r\n\r\n") as [string, string];
    assert.equal(head, `Content-Length: ${Buffer.byteLength(body)}`);
    assert.deepEqual(JSON.parse(body), {
      jsonrpc: "2.0",
      id: 1,
      method: "ask",
      params: { text: "größe 😀" },
    });
  });

  it("reads answers that come in pieces, together, and out of order", async () => {
    const first = wire.request("a", {});
    const second = wire.request("b", {});
    const bytes = Buffer.concat([
      frame({ jsonrpc: "2.0", id: 2, result: "zwölf 😀" }),
      Buffer.from("Content-Type: application/json\r\n"),
      frame({ jsonrpc: "2.0", id: 1, result: { n: 1 } }),
    ]);
    for (const byte of bytes) fromPeer.write(Buffer.from([byte]));
    assert.equal(await second, "zwölf 😀");
    assert.deepEqual(await first, { n: 1 });
  });

  it("reads a large answer", async () => {
    const answer = wire.request("a", {});
    const text = "x".repeat(5_000_000);
    const bytes = frame({ jsonrpc: "2.0", id: 1, result: text });
    for (let at = 0; at < bytes.length; at += 65_536)
      fromPeer.write(bytes.subarray(at, at + 65_536));
    assert.equal(await answer, text);
  });

  it("rejects with the peer's error", async () => {
    const answer = wire.request("a", {});
    fromPeer.write(frame({ jsonrpc: "2.0", id: 1, error: { code: -32603, message: "broken" } }));
    await assert.rejects(answer, (error) => {
      assert.ok(error instanceof ResponseError);
      assert.equal(error.code, -32603);
      assert.equal(error.message, "broken");
      return true;
    });
  });

  it("answers the peer's requests, also those that it refuses", async () => {
    fromPeer.write(frame({ jsonrpc: "2.0", id: "s1", method: "hello", params: [1] }));
    fromPeer.write(frame({ jsonrpc: "2.0", id: "s2", method: "refuse", params: null }));
    fromPeer.write(frame({ jsonrpc: "2.0", method: "told", params: null }));
    await new Promise(setImmediate);
    assert.deepEqual(asked, [
      ["hello", [1]],
      ["refuse", null],
    ]);
    const text = await sent();
    assert.match(text, /\{"jsonrpc":"2.0","id":"s1","result":\{"answered":"hello"\}\}/);
    assert.match(text, /"id":"s2","error":\{"code":-32603,"message":"not this"\}/);
  });

  it("cancels: tells the peer, rejects at once, and ignores the late answer", async () => {
    const controller = new AbortController();
    const answer = wire.request("a", {}, controller.signal);
    controller.abort(new Error("no longer wanted"));
    await assert.rejects(answer, /no longer wanted/);
    assert.match(await sent(), /"method":"\$\/cancelRequest","params":\{"id":1\}/);
    fromPeer.write(frame({ jsonrpc: "2.0", id: 1, result: 1 }));
    const next = wire.request("b", {});
    fromPeer.write(frame({ jsonrpc: "2.0", id: 2, result: 2 }));
    assert.equal(await next, 2);
  });

  it("rejects what waits when the peer goes away, and everything after", async () => {
    const answer = wire.request("a", {});
    fromPeer.destroy();
    await assert.rejects(answer, ConnectionClosed);
    await assert.rejects(wire.request("b", {}), ConnectionClosed);
    wire.notify("c", {});
  });

  for (const [title, garbage] of [
    ["is not framed", "hello\r\n\r\nworld"],
    ["is not JSON", "Content-Length: 3\r\n\r\n{a}"],
  ] as const) {
    it(`gives up on a peer whose message ${title}`, async () => {
      const answer = wire.request("a", {});
      fromPeer.write(garbage);
      await assert.rejects(answer, ConnectionClosed);
    });
  }
});
