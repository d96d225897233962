import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "../../../lib/cli/index.ts";
import { evaluateCoco } from "../../../lib/metrics/index.ts";
import { cocoCases } from "../metrics/coco-cases.ts";

describe("convnet-lab coco-eval", () => {
  const { truths, detections } = cocoCases().find(({ name }) => name === "random 5")!;
  let folder: string;
  let files: string[];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "convnet-lab-cli-"));
    files = ["gt.json", "dt.json"].map((name) => join(folder, name));
    writeFileSync(files[0]!, JSON.stringify(truths));
    writeFileSync(files[1]!, JSON.stringify(detections));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function call(...args: string[]) {
    const [out, err] = [[] as string[], [] as string[]];
    const code = await runCli(args, {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
    });
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  it("prints the twelve lines", async () => {
    const { code, out, err } = await call("coco-eval", ...files);
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(out, evaluateCoco(truths, detections).summary());
    assert.equal(out.split("\n").length, 12);
  });

  it("prints JSON with the twelve figures first", async () => {
    const { code, out } = await call("coco-eval", ...files, "--json");
    assert.equal(code, 0);
    const result = JSON.parse(out);
    assert.equal(Object.keys(result)[0], "stats");
    assert.deepEqual(result.stats, evaluateCoco(truths, detections).stats);
    assert.equal(result.figures.AP50, result.stats[1]);
    assert.equal(result.categories.length, truths.categories.length);
  });

  it("compares masks, limits detections and lists categories", async () => {
    const { out } = await call(
      "coco-eval",
      ...files,
      "--iou-type",
      "segm",
      "--max-dets",
      "1,2,100",
      "--per-class",
    );
    const expected = evaluateCoco(truths, detections, {
      iouType: "segm",
      maxDetections: [1, 2, 100],
    });
    assert.ok(out.startsWith(expected.summary()));
    assert.match(out, /category +AP +AP50 +AP75 +AR\n/);
    assert.equal(out.split("\n").length, 12 + 2 + truths.categories.length);
  });

  it("says what is wrong with a file, by name, and fails", async () => {
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const fails = async (expected: RegExp, ...args: string[]) => {
      const { code, out, err } = await call("coco-eval", ...args);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, expected);
      assert.doesNotMatch(err, /\n\s+at /);
    };
    const missing = join(folder, "none.json");
    await fails(/^There is no file .*none\.json\.$/, missing, files[1]!);
    await fails(/is a folder/, folder, files[1]!);
    await fails(/cut\.json is not JSON/, files[0]!, write("cut.json", '[{"image_id": 1,'));
    await fails(
      /nan\.json is not JSON: .* It holds NaN/,
      files[0]!,
      write("nan.json", '[{"score": NaN}]'),
    );
    await fails(/gt\.json holds an object.*wrong way round/, files[0]!, files[0]!);
    await fails(/dt\.json holds an array/, files[1]!, files[1]!);
    const bad = JSON.stringify([{ ...detections[0], bbox: [0, 0, -1, 5] }]);
    await fails(/bad\.json: \[0\]\.bbox is \[0,0,-1,5\]/, files[0]!, write("bad.json", bad));
    await fails(/maxDetections is \[100\]/, ...files, "--max-dets", "100");
  });

  it("tells how it is called", async () => {
    assert.match((await call("--help")).out, /coco-eval TRUTHS\.json/);
    assert.match((await call("coco-eval", "--help")).out, /--iou-type/);
    for (const [args, message] of [
      [["coco-eval"], /needs two files.*got 0/],
      [["coco-eval", ...files, "--iou-type", "oks"], /--iou-type is oks/],
      [["coco-eval", ...files, "--nonsense"], /--nonsense/],
      [["evaluate"], /no command "evaluate"/],
    ] as const) {
      const { code, err } = await call(...args);
      assert.equal(code, 2);
      assert.match(err, message);
      assert.match(err, /usage: convnet-lab/);
    }
    assert.equal((await call()).code, 2);
  });
});
