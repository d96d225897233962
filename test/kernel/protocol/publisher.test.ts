/** Publishing to clients that keep up, and to those that do not. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Subscriber } from "zeromq";
import { Publisher } from "../../../kernel/protocol/publisher.ts";
import { PublisherSocket } from "../../../kernel/protocol/sockets.ts";
import { Wire } from "../../../kernel/protocol/wire.ts";
import { decode, type Message } from "../wire.ts";

const key = "k";

describe("A publisher", () => {
  let socket: PublisherSocket;
  let publisher: Publisher;
  const subscribers: Subscriber[] = [];

  async function open(patience?: number): Promise<void> {
    socket = new PublisherSocket(patience);
    await socket.socket.bind("tcp://127.0.0.1:*");
    publisher = new Publisher(socket, new Wire({ key, hash: "sha256" }));
  }

  beforeEach(() => open());
  afterEach(() => {
    for (const subscriber of subscribers.splice(0)) subscriber.close();
    socket.socket.linger = 0;
    socket.socket.close();
  });

  async function subscribe(options = {}): Promise<Subscriber> {
    const subscriber = new Subscriber({ linger: 0, ...options });
    subscribers.push(subscriber);
    subscriber.connect(socket.socket.lastEndpoint!);
    subscriber.subscribe();
    assert.equal((await read(subscriber)).type, "iopub_welcome");
    return subscriber;
  }

  async function read(subscriber: Subscriber): Promise<Message> {
    const [, ...frames] = await subscriber.receive();
    return decode(key, frames);
  }

  /** Reads up to the status that ends a cell. */
  async function readCell(subscriber: Subscriber): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await read(subscriber);
      messages.push(message);
      if (message.content.execution_state === "idle") return messages;
    }
  }

  const parent = { identities: [], rawHeader: Buffer.from('{"msg_id":"cell"}') };

  it("welcomes each client before it sends it anything else, and stops when it is told to", async () => {
    let done = false;
    const flood = (async () => {
      while (!done) {
        publisher.busy(parent);
        await sleep(0);
      }
    })();
    const clients = [];
    for (let n = 0; n < 20; n++) clients.push(await subscribe());
    const [first] = clients;
    first!.unsubscribe();
    first!.subscribe("no such topic");
    first!.receiveTimeout = 500;
    done = true;
    await flood;
    await assert.rejects(
      async () => {
        for (;;) await first!.receive();
      },
      { code: "EAGAIN" },
    );
    publisher.idle(parent);
    const last = clients.at(-1)!;
    assert.equal((await readCell(last)).at(-1)?.content.execution_state, "idle");
    await assert.rejects(first!.receive(), { code: "EAGAIN" });
  });

  it("joins small pieces of text, in order, and keeps the streams apart", async () => {
    const subscriber = await subscribe();
    for (const text of ["a", "b", "c"]) publisher.stream("stdout", text, parent);
    publisher.stream("stderr", "d", parent);
    publisher.stream("stdout", "e", parent);
    publisher.publish("clear_output", { wait: false }, parent);
    publisher.stream("stdout", "f", parent);
    publisher.idle(parent);
    const messages = await readCell(subscriber);
    assert.deepEqual(
      messages.map(({ type, content }) => content.text ?? type),
      ["abc", "d", "e", "clear_output", "f", "status"],
    );
    assert.ok(messages.every((message) => message.parent.msg_id === "cell"));
  });

  it("sends text that nothing follows soon", async () => {
    const subscriber = await subscribe();
    publisher.stream("stdout", "alone", parent);
    assert.equal((await read(subscriber)).content.text, "alone");
  });

  it("cuts long text, but no character", async () => {
    const subscriber = await subscribe();
    const text = "x😀".repeat(100_000);
    publisher.stream("stdout", text, parent);
    publisher.idle(parent);
    const texts = (await readCell(subscriber)).flatMap(({ content }) => content.text ?? []);
    assert.ok(texts.length > 2);
    assert.ok(texts.every((piece) => !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(piece)));
    assert.equal(texts.join(""), text);
  });

  it("loses nothing for a client that is slow", async () => {
    const subscriber = await subscribe({ receiveHighWaterMark: 1 });
    const count = 1_500;
    const fill = "x".repeat(40_000);
    let waits = 0;
    const sending = (async () => {
      for (let n = 0; n < count; n++) {
        publisher.publish("stream", { name: "stdout", text: `${n} ${fill}` }, parent);
        if (publisher.room) {
          waits++;
          await publisher.room;
        }
      }
      publisher.idle(parent);
    })();
    await sleep(150);
    for (let n = 0; n < count; n++) {
      assert.equal((await read(subscriber)).content.text?.split(" ")[0], String(n));
    }
    assert.equal((await read(subscriber)).content.execution_state, "idle");
    await sending;
    assert.ok(waits > 0, "the writer was asked to wait");
  });

  it("goes on for the others where one client takes nothing", async () => {
    socket.socket.close();
    await open(300);
    await subscribe({ receiveHighWaterMark: 1 });
    const reader = await subscribe();
    // More than waits for the client that is stuck; what is left then fits into the queue of the one that reads.
    const fill = "x".repeat(40_000);
    const count = 1_000;
    const read = readCell(reader);
    for (let n = 0; n < count; n++) {
      publisher.publish("stream", { name: "stdout", text: `${n} ${fill}` }, parent);
      await publisher.room;
    }
    publisher.idle(parent);
    const texts = (await read).flatMap(({ content }) => content.text?.split(" ")[0] ?? []);
    assert.deepEqual(
      texts,
      Array.from({ length: count }, (_, n) => String(n)),
    );
  });
});
