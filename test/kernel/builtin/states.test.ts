/** The state of each widget against what ipywidgets puts there: see record-states.py. */
import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Output } from "../../../kernel/worker/types.ts";
import { Session } from "../worker/session.ts";

interface Recorded {
  /** What stands as "default" in the others. */
  readonly layout: State;
  readonly widgets: readonly { name: string; options: object; state: State }[];
  readonly abbreviations: readonly { value: unknown; state: State }[];
  readonly links: readonly State[];
}
type State = Readonly<Record<string, unknown>>;
type Comm = Extract<Output, { type: "comm" }>;

const camelCase = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const recorded = JSON.parse(
  await readFile(join(import.meta.dirname, "states.json"), "utf8"),
) as Recorded;

describe("widgets beside those of ipywidgets", function () {
  this.timeout(60_000);
  let session: Session;

  before(async () => {
    session = await Session.start();
    await session.run('import * as widgets from "jupyter:widgets";');
  });

  after(() => session.end());

  /** The state of the widget that a cell opened last, with the models that it names in their place. */
  function lastState(): State {
    const opened = new Map<string, State>();
    let last = "";
    for (const output of session.outputs) {
      if (output.type !== "comm" || output.action !== "open") continue;
      last = output.commId;
      opened.set(last, stateOf(output));
    }
    const resolve = (value: unknown): unknown => {
      if (typeof value === "string" && value.startsWith("IPY_MODEL_")) {
        return { model: resolve(opened.get(value.slice(10))) };
      }
      if (Array.isArray(value)) return value.map(resolve);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .map(
            ([key, item]) =>
              [key, key === "layout" ? layout(resolve(item)) : resolve(item)] as const,
          )
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    };
    return resolve(opened.get(last)) as State;
  }

  const layout = (value: unknown) =>
    isDeepStrictEqual(value, { model: recorded.layout }) ? "default" : value;

  function stateOf({ data, buffers }: Comm): State {
    const { state, buffer_paths: paths } = data as { state: State; buffer_paths: string[][] };
    const bytes = paths.map(([key = ""], at) => [
      ...[key, { bytes: Buffer.from(buffers[at] ?? []).toString("hex") }],
    ]);
    return { ...state, ...Object.fromEntries(bytes) };
  }

  async function made(expression: string): Promise<State> {
    const { outcome } = await session.run(`void (${expression});`);
    assert.equal(outcome.error?.evalue, undefined);
    return lastState();
  }

  for (const { name, options, state } of recorded.widgets) {
    const text = JSON.stringify(
      Object.fromEntries(Object.entries(options).map(([key, value]) => [camelCase(key), value])),
    );
    it(`${name} ${text === "{}" ? "" : text}`, async () => {
      assert.deepEqual(await made(`new widgets.${name}(${text})`), state);
    });
  }

  for (const { value, state } of recorded.abbreviations) {
    const text = JSON.stringify(value);
    it(`${text} as an argument of interact`, async () => {
      assert.deepEqual(await made(`widgets.controlFor(${text})`), state);
    });
  }

  it("links", async () => {
    const [link, directional] = recorded.links;
    const slider = "new widgets.IntSlider()";
    assert.deepEqual(
      await made(`widgets.jslink([${slider}, "value"], [new widgets.IntText(), "value"])`),
      link,
    );
    assert.deepEqual(
      await made(`widgets.jsdlink([${slider}, "value"], [new widgets.IntProgress(), "max"])`),
      directional,
    );
  });
});
