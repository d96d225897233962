/** The messaging specification, version 5.5: what each kind of message must hold, and in which order they come. */
import assert from "node:assert/strict";
import type { Message } from "../client.ts";

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const integer: Check = (value) => Number.isSafeInteger(value);
const object: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const one =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const fields =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    object(value) &&
    Object.entries(shape).every(([name, check]) => check((value as Record<string, unknown>)[name]));
const version: Check = (value) => text(value) && /^\d+\.\d+(\.\d+)*$/.test(value as string);

/** MIME type → text, or JSON where the type is one of JSON. */
const bundle: Check = (value) =>
  object(value) &&
  Object.entries(value as object).every(
    ([type, data]) => /^[\w.+-]+\/[\w.+-]+/.test(type) && (text(data) || /json/.test(type)),
  );

const error = { ename: text, evalue: text, traceback: list(text) };

/** Of an error reply, what it must hold instead. */
const errorReply = { status: one("error"), ...error };

const contents: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  execute_reply: {
    status: one("ok", "aborted"),
    execution_count: integer,
    user_expressions: (value) =>
      object(value) &&
      Object.values(value as object).every(
        (each) =>
          fields({ status: one("ok"), data: bundle, metadata: object })(each) ||
          fields(errorReply)(each),
      ),
    payload: list(fields({ source: text })),
  },
  inspect_reply: { status: one("ok"), found: flag, data: bundle, metadata: object },
  complete_reply: {
    status: one("ok"),
    matches: list(text),
    cursor_start: integer,
    cursor_end: integer,
    metadata: fields({
      _jupyter_types_experimental: list(
        fields({ start: integer, end: integer, text, type: text, signature: optional(text) }),
      ),
    }),
  },
  is_complete_reply: {
    status: one("complete", "incomplete", "invalid", "unknown"),
    indent: optional(text),
  },
  history_reply: {
    status: one("ok"),
    history: list(
      (entry) =>
        Array.isArray(entry) &&
        entry.length === 3 &&
        integer(entry[0]) &&
        integer(entry[1]) &&
        (text(entry[2]) ||
          (Array.isArray(entry[2]) &&
            text(entry[2][0]) &&
            (entry[2][1] === null || text(entry[2][1])))),
    ),
  },
  kernel_info_reply: {
    status: one("ok"),
    protocol_version: version,
    implementation: text,
    implementation_version: version,
    language_info: fields({
      ...{ name: text, version, mimetype: text, file_extension: text },
      ...{ pygments_lexer: text, nbconvert_exporter: text },
      codemirror_mode: (value) => text(value) || object(value),
    }),
    banner: text,
    help_links: list(fields({ text, url: text })),
    debugger: flag,
    supported_features: list(text),
  },
  connect_reply: {
    ...{ status: one("ok"), shell_port: integer, iopub_port: integer, stdin_port: integer },
    ...{ hb_port: integer, control_port: integer },
  },
  comm_info_reply: {
    status: one("ok"),
    comms: (value) =>
      object(value) && Object.values(value as object).every(fields({ target_name: text })),
  },
  shutdown_reply: { status: one("ok"), restart: flag },
  interrupt_reply: { status: one("ok") },
  stream: { name: one("stdout", "stderr"), text },
  display_data: { data: bundle, metadata: object, transient: object },
  update_display_data: { data: bundle, metadata: object, transient: fields({ display_id: text }) },
  execute_result: { execution_count: integer, data: bundle, metadata: object },
  execute_input: { code: text, execution_count: integer },
  error,
  status: { execution_state: one("busy", "idle", "starting") },
  clear_output: { wait: flag },
  comm_open: { comm_id: text, target_name: text, data: object },
  comm_msg: { comm_id: text, data: object },
  comm_close: { comm_id: text, data: object },
  input_request: { prompt: text, password: flag },
  iopub_welcome: { subscription: text },
};

/** @throws AssertionError that names the field */
export function checkMessage(message: Message): void {
  const { type, header, parent, content, metadata } = message;
  const isError = type.endsWith("_reply") && content.status === "error";
  const shape = isError ? errorReply : contents[type];
  assert.ok(shape, `The specification has no message ${type}.`);
  const { version: headerVersion, date } = header as unknown as Record<string, unknown>;
  for (const [name, check] of Object.entries(shape)) {
    const value = (content as Record<string, unknown>)[name];
    assert.ok(check(value), `${type}: ${name} is ${JSON.stringify(value)}`);
  }
  for (const name of ["msg_id", "session", "username", "msg_type"])
    assert.ok(text((header as unknown as Record<string, unknown>)[name]), `${type}: ${name}`);
  assert.equal(headerVersion, "5.5");
  assert.match(String(date), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)$/);
  assert.ok(object(parent) && object(metadata), type);
  if (type === "is_complete_reply" && content.status === "incomplete")
    assert.ok(text(content.indent));
}

/** Of one request's published messages: busy first, idle last, and in between the input before what it puts out. */
export function checkOrder(messages: readonly Message[], request: string): void {
  const states = messages.filter(({ type }) => type === "status");
  const last = messages.at(-1);
  assert.equal(messages[0]?.content.execution_state, "busy", request);
  assert.equal(last?.content.execution_state, "idle", request);
  assert.equal(states.filter(({ content }) => content.execution_state === "idle").length, 1);
  const input = messages.findIndex(({ type }) => type === "execute_input");
  if (input >= 0) assert.equal(input, 1, "execute_input comes right after busy");
}
