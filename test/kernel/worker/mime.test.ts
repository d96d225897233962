import { strict as assert } from "node:assert";
import { createCanvas } from "canvas";
import { tf } from "convnet-lab/tensorflow";
import { represent } from "../../../kernel/worker/mime/index.ts";

const data = async (value: unknown) => (await represent(value))?.data ?? {};
const text = async (value: unknown) => (await data(value))["text/plain"] as string;

describe("representation of values", () => {
  it("shows nothing for undefined, and text for what has no other form", async () => {
    assert.equal(await represent(undefined), undefined);
    assert.equal(await text(null), "null");
    assert.equal(await text("a\nb"), "'a\\nb'");
    assert.equal(await text(12n), "12n");
    assert.equal(await text(new Map([["a", new Set([1])]])), "Map(1) { 'a' => Set(1) { 1 } }");
    assert.match(await text(new TypeError("wrong")), /^TypeError: wrong\n/);
  });

  it("asks the value itself first, at once or later, with metadata", async () => {
    const own = {
      [Symbol.for("Jupyter.display")]: async () => ({
        "text/html": "<b>x</b>",
        "image/png": new Uint8Array([1, 2, 3]),
        [Symbol.for("Jupyter.metadata")]: { "image/png": { width: 7 } },
      }),
    };
    const found = await represent(own);
    assert.deepEqual(found?.data, { "text/html": "<b>x</b>", "image/png": "AQID" });
    assert.deepEqual(found?.metadata, { "image/png": { width: 7 } });
  });

  it("says what a display method should have returned", async () => {
    const wrong = { [Symbol.for("Jupyter.display")]: () => "text" };
    assert.throws(() => represent(wrong), /returned 'text'; expected an object of MIME types/);
  });

  it("draws canvases and image bytes", async () => {
    const canvas = createCanvas(4, 3);
    const png = canvas.toBuffer("image/png");
    const bundle = await data(canvas);
    assert.equal(bundle["text/plain"], "Canvas 4 × 3");
    assert.ok(
      Buffer.from(bundle["image/png"] as string, "base64")
        .subarray(1, 4)
        .equals(Buffer.from("PNG")),
    );
    assert.equal((await data(png))["image/png"], png.toString("base64"));
    assert.deepEqual(Object.keys(await data(canvas.toBuffer("image/jpeg"))), [
      "image/jpeg",
      "text/plain",
    ]);
    assert.deepEqual(Object.keys(await data(new Uint8Array([1, 2]))), ["text/plain"]);
  });

  it("passes chart specifications on under types that JupyterLab draws", async () => {
    const spec = (name: string) => ({ $schema: `https://vega.github.io/schema/${name}.json` });
    const mime = async (name: string) => Object.keys(await data(spec(name)))[0];
    assert.equal(await mime("vega-lite/v5"), "application/vnd.vegalite.v5+json");
    assert.equal(await mime("vega-lite/v6.1.0"), "application/vnd.vegalite.v5+json");
    assert.equal(await mime("vega/v5"), "application/vnd.vega.v5+json");
    assert.equal(await mime("vega-lite/x"), "text/plain");
  });

  it("shows small tensors as tables and large ones by their kind", async () => {
    const small = tf.tensor2d([
      [1, 2.5],
      [Number.NaN, -1e-9],
    ]);
    const bundle = await data(small);
    assert.match(
      bundle["text/plain"] as string,
      /^Tensor float32 \[2, 2\]\n\[ \[ 1, 2.5 \], \[ NaN, -9.99/,
    );
    assert.match(bundle["text/html"] as string, /<td style="text-align: right">2.5<\/td>/);
    const large = tf.zeros([100, 30]);
    assert.deepEqual(await data(large), {
      "text/plain": "Tensor float32 [100, 30], 3,000 elements: min 0, mean 0, max 0",
    });
    assert.equal(await text(tf.tensor2d([], [0, 3])), "Tensor float32 [0, 3]\n[]");
    small.dispose();
    assert.equal(await text(small), "Tensor float32 [2, 2], disposed");
    large.dispose();
    tf.disposeVariables();
  });

  it("lists a model's layers", async () => {
    const model = tf.sequential({
      name: "tiny",
      layers: [tf.layers.dense({ name: "dense_a", units: 2, inputShape: [3] })],
    });
    const html = (await data(model))["text/html"] as string;
    assert.match(html, /tiny: 1 layers, 8 parameters/);
    assert.match(html, /dense_a.*Dense.*\[\?, 2\].*>8</);
    model.dispose();
  });

  it("shows records as a table, escaped and cut", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ n: i, label: "<script>" }));
    const html = (await data(rows))["text/html"] as string;
    assert.equal(html.match(/<tr>/g)?.length, 61);
    assert.match(html, /60 of 100 rows/);
    assert.ok(!html.includes("<script>"));
    assert.deepEqual(Object.keys(await data([{ n: 1 }, 2])), ["text/plain"]);
    const long = (await data([{ a: "x".repeat(5_000) }, { a: 1 }]))["text/html"] as string;
    assert.ok(long.length < 1_000);
  });

  it("summarizes what lies in a tensor", async () => {
    const values = tf.tensor1d([...Array(299).keys(), Number.NaN]);
    assert.equal(
      await text(values),
      "Tensor float32 [300], 300 elements: min 0, mean 149, max 298, 1 NaN",
    );
    values.dispose();
  });

  it("shows a map as a table, escaped and cut", async () => {
    const html = (await data(new Map([["<a>", 1]])))["text/html"] as string;
    assert.match(html, /&lt;a&gt;.*<td style="text-align: right">1</);
    const many = new Map(Array.from({ length: 1_000 }, (_, i) => [i, i] as const));
    assert.match((await data(many))["text/html"] as string, /60 of 1000 entries/);
  });

  it("shows a set as a table of its records or values", async () => {
    const html = async (value: unknown) => (await data(value))["text/html"] as string;
    assert.match(await html(new Set([3, 4])), /<th[^>]*>value<[\s\S]*right">3<[\s\S]*right">4</);
    assert.match(await html(new Set(["<b>"])), /left">&#39;|left">&lt;b&gt;</);
    assert.match(await html(new Set([{ n: 1 }, { n: 2 }])), /<th[^>]*>n</);
    assert.match(await html(new Set(Array(99).keys())), /60 of 99 values/);
    assert.deepEqual(await data(new Set()), { "text/plain": "Set(0) {}" });
  });

  it("shows an error by what it says, with its stack behind a click", async () => {
    const bundle = await data(new RangeError("<b> is too large", { cause: new Error("inner") }));
    const html = bundle["text/html"] as string;
    assert.match(html, /<b>RangeError<\/b>: &lt;b&gt; is too large/);
    assert.match(html, /<pre>RangeError: &lt;b&gt; is too large\n[\s\S]*cause[\s\S]*inner/);
    assert.match(bundle["text/plain"] as string, /^RangeError: <b> is too large\n +at /);
  });

  it("shows small tensors of more axes as a table for each place on the first", async () => {
    const cube = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    const html = (await data(cube))["text/html"] as string;
    assert.match(html, /^<p>Tensor float32 \[2, 2, 2\]<\/p>/);
    assert.match(html, /\[0, :, :\][\s\S]*>4<[\s\S]*\[1, :, :\][\s\S]*>8</);
    const many = tf.zeros([17, 1, 1]);
    assert.deepEqual(Object.keys(await data(many)), ["text/plain"]);
    tf.dispose([cube, many]);
  });

  it("draws charts for pages that cannot", async () => {
    const bundle = await data({
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      data: { values: [{ a: 1 }, { a: 2 }] },
      ...{ mark: "bar", encoding: { x: { field: "a", type: "quantitative" } } },
    });
    assert.deepEqual(Object.keys(bundle), [
      ...["application/vnd.vegalite.v5+json", "image/png", "text/plain"],
    ]);
    const png = Buffer.from(bundle["image/png"] as string, "base64");
    assert.ok(png.length > 500 && png.subarray(1, 4).toString() === "PNG");
    const broken = await data({ $schema: "https://vega.github.io/schema/vega/v6.json", marks: 3 });
    assert.ok("application/vnd.vega.v5+json" in broken);
  });

  it("is not harmed by values that do not let themselves be looked at", async () => {
    const trap = () => {
      throw new Error("no");
    };
    const handler = { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap };
    assert.equal(await text(new Proxy({ a: 1 }, handler)), "{ a: 1 }");
    const getters = Object.defineProperty({}, "shape", { get: trap, enumerable: true });
    assert.equal(await text(getters), "{ shape: [Getter] }");
    const own = { [Symbol.for("nodejs.util.inspect.custom")]: trap };
    assert.equal(await text(own), "An object that cannot be shown: no");
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    assert.match(await text(revoked.proxy), /Revoked Proxy|cannot be shown/);
  });

  it("bounds what is huge", async () => {
    const deep = (depth: number): unknown =>
      depth === 0 ? 1 : Array.from({ length: 50 }, () => deep(depth - 1));
    assert.ok((await text(deep(3))).length < 110_000);
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i]));
    assert.match(await text(wide), /… and 199,900 more keys$/);
    assert.ok((await text("x".repeat(10_000_000))).length < 11_000);
    assert.ok((await text(new Float64Array(1_000_000))).length < 2_000);
  });

  it("says which data of a bundle is no JSON", () => {
    const wrong = { [Symbol.for("Jupyter.display")]: () => ({ "application/json": { n: 1n } }) };
    assert.throws(() => represent(wrong), /data of application\/json is not .* BigInt/);
  });
});
