/** Frames and messages that are broken in one way each, by chance but the same for the same seed. */

import type { Random } from "../../random.ts";
import { type Content, encode, newHeader, sign } from "../wire.ts";

export type Frames = (string | Uint8Array)[];

export interface Broken {
  readonly frames: Frames;
  /** Set where it is a request all the same, which has to be answered, if only by an error. */
  readonly answeredBy?: { readonly id: string; readonly type: string };
}

/** Each request's fields, as a frontend fills them; `shutdown_request` would do what it says. */
const requests: Readonly<Record<string, Content>> = {
  execute_request: {
    ...{ code: "1 + 1", silent: false, store_history: false, user_expressions: {} },
    ...{ allow_stdin: false, stop_on_error: false },
  },
  inspect_request: { code: "Math.max", cursor_pos: 6, detail_level: 0 },
  complete_request: { code: "Math.ma", cursor_pos: 7 },
  is_complete_request: { code: "if (true) {" },
  history_request: {
    ...{ output: false, raw: true, hist_access_type: "tail", n: 3, session: 0, start: 0, stop: 3 },
    ...{ pattern: "*", unique: false },
  },
  comm_info_request: { target_name: "x" },
  kernel_info_request: {},
  debug_request: { type: "request", command: "initialize", arguments: {} },
};

/** Messages that nobody answers. */
const notices: Readonly<Record<string, Content>> = {
  comm_open: { comm_id: "fuzz", target_name: "nobody", data: {} },
  comm_msg: { comm_id: "fuzz", data: {} },
  comm_close: { comm_id: "fuzz", data: {} },
  input_reply: { value: "answer" },
  no_such_request: { a: 1 },
};

const values: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, -(2 ** 53), 2 ** 31],
  ...["", "x", "\ud800", "\u0000", "é😀".repeat(50), "[".repeat(1_000), "y".repeat(100_000)],
  ...[[], [[]], {}, { a: null }, { toString: 1 }, { __proto__: 1 }, ["1"], [null]],
];

const partNames = ["header", "parent header", "metadata", "content"] as const;

/** What can be broken, and how. */
export const kinds: Readonly<
  Record<string, (random: Random, key: string, session: string) => Broken>
> = {
  "frames that are random bytes": (random) => ({
    frames: Array.from({ length: 1 + random.below(12) }, () => random.bytes(random.below(300))),
  }),
  "a frame too few or too many before the end": (random, key, session) => {
    const { frames } = valid(random, key, session);
    // One more before the delimiter would be part of the address, one more at the end a buffer.
    const at = 1 + random.below(5);
    if (random.next() < 0.5) frames.splice(at, 1);
    else frames.splice(at, 0, random.bytes(1 + random.below(20)));
    return { frames };
  },
  "a wrong signature": (random, key, session) => {
    const { frames } = valid(random, key, session);
    frames[1] = random.pick(["", "0".repeat(64), "é".repeat(32), `${frames[1]}0`, "x"]);
    return { frames };
  },
  "content that was signed as another": (random, key, session) => {
    const { frames } = valid(random, key, session);
    frames[5] = JSON.stringify({ code: "throw 1", at: random.next() });
    return { frames };
  },
  "a part that is no JSON": (random, key, session) =>
    withPart(
      random,
      key,
      session,
      random.pick(["{", "", "{]", '{"a":1}}', "nul", "'a'", "[".repeat(5_000)]),
    ),
  "a part that is JSON, but no object": (random, key, session) =>
    withPart(random, key, session, random.pick(["7", "null", '"text"', "[]", "[{}]", "true"])),
  "a part that is no UTF-8": (random, key, session) =>
    withPart(
      random,
      key,
      session,
      Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff, 0xc0, 0x80), Buffer.from('"')]),
    ),
  "a header without what makes it one": (random, key, session) => {
    const header: Record<string, unknown> = { ...newHeader("kernel_info_request", session) };
    header[random.pick(["msg_id", "msg_type"])] = random.pick([undefined, 1, null, {}, [], true]);
    return { frames: signed(key, [JSON.stringify(header), "{}", "{}", "{}"]) };
  },
  "a header with odd fields": (random, key, session) => {
    const header = { ...newHeader("kernel_info_request", session) };
    const name = random.pick(["session", "username", "date", "version"] as const);
    const text = JSON.stringify({ ...header, [name]: random.pick(values) });
    const answeredBy = { id: header.msg_id, type: "kernel_info_reply" };
    return { frames: signed(key, [text, "{}", "{}", "{}"]), answeredBy };
  },
  "a field of the wrong type": (random, key, session) => {
    const [type, content] = random.pick(Object.entries(requests));
    return requestWith(random, key, session, type, content);
  },
  "a field of the wrong type in what nobody answers": (random, key, session) => {
    const [type, content] = random.pick(Object.entries(notices));
    const { frames } = requestWith(random, key, session, type, content);
    return { frames };
  },
  "huge content": (random, key, session) => {
    const type = random.pick([
      "is_complete_request",
      "inspect_request",
      "comm_msg",
      "debug_request",
    ]);
    const header = newHeader(type, session);
    const content = { code: 7, padding: "z".repeat(1 << (16 + random.below(6))) };
    const frames = encode(key, header, content);
    if (type === "comm_msg") return { frames };
    return { frames, answeredBy: { id: header.msg_id, type: replyType(type) } };
  },
  "very many buffers": (random, key, session) => {
    const header = newHeader("kernel_info_request", session);
    const buffers = Array.from({ length: random.below(500) }, () => random.bytes(3));
    const frames = encode(key, header, {}, { buffers });
    return { frames, answeredBy: { id: header.msg_id, type: "kernel_info_reply" } };
  },
};

function valid(random: Random, key: string, session: string): { frames: Frames } {
  const [type, content] = random.pick(Object.entries({ ...requests, ...notices }));
  return { frames: encode(key, newHeader(type, session), content) };
}

function requestWith(
  random: Random,
  key: string,
  session: string,
  type: string,
  content: Content,
): Broken {
  const header = newHeader(type, session);
  const names = Object.keys(content);
  const name = names.length > 0 ? random.pick(names) : "surplus";
  const broken: Record<string, unknown> = { ...content, [name]: random.pick(values) };
  if (random.next() < 0.15) delete broken[name];
  const answeredBy = { id: header.msg_id, type: replyType(type) };
  return { frames: encode(key, header, broken), answeredBy };
}

function withPart(random: Random, key: string, session: string, part: string | Uint8Array): Broken {
  const parts: (string | Uint8Array)[] = [
    JSON.stringify(newHeader("kernel_info_request", session)),
    ...["{}", "{}", "{}"],
  ];
  parts[random.below(partNames.length)] = part;
  return { frames: signed(key, parts) };
}

function signed(key: string, parts: readonly (string | Uint8Array)[]): Frames {
  return ["<IDS|MSG>", sign(key, parts), ...parts];
}

function replyType(type: string): string {
  return type.replace(/_request$/, "_reply");
}
