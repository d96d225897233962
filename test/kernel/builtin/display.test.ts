// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are those of the cells
/** The modules by which cells show rich values. */
import { strict as assert } from "node:assert";
import type { Output } from "../../../kernel/worker/types.ts";
import { Session } from "../worker/session.ts";

type Display = Extract<Output, { type: "display" }>;

describe("modules for display", function () {
  this.timeout(60_000);
  let session: Session;

  before(async () => {
    session = await Session.start();
  });

  after(() => session.end());

  async function displays(source: string): Promise<readonly Display[]> {
    const { outcome, outputs } = await session.run(source);
    assert.equal(outcome.error?.evalue, undefined);
    return outputs.filter((output) => output.type === "display");
  }

  async function result(source: string): Promise<Readonly<Record<string, unknown>>> {
    const { outcome, outputs } = await session.run(source);
    assert.equal(outcome.error?.evalue, undefined);
    const found = outputs.find((output) => output.type === "result");
    return found?.type === "result" ? found.data : {};
  }

  describe("tslab", () => {
    const calls: readonly [call: string, mime: string, data: string][] = [
      ['javascript("1")', "text/javascript", "1"],
      ['html("<b>1</b>")', "text/html", "<b>1</b>"],
      ['markdown("*1*")', "text/markdown", "*1*"],
      ['latex("$1$")', "text/latex", "$1$"],
      ['svg("<svg/>")', "image/svg+xml", "<svg/>"],
      ["png(Uint8Array.of(1, 2, 3))", "image/png", "AQID"],
      ["jpeg(Uint8Array.of(1, 2, 3))", "image/jpeg", "AQID"],
      ["gif(Uint8Array.of(1, 2, 3))", "image/gif", "AQID"],
      ["pdf(Uint8Array.of(1, 2, 3))", "application/pdf", "AQID"],
      ['text("1")', "text/plain", "1"],
      ['raw("text/x", "1")', "text/x", "1"],
    ];

    for (const [call, mime, data] of calls) {
      it(`shows by ${call.slice(0, call.indexOf("("))}`, async () => {
        const shown = await displays(`import * as tslab from "tslab";\ntslab.display.${call};`);
        assert.deepEqual(
          shown.map((display) => [display.data, display.update]),
          [[{ [mime]: data }, false]],
        );
      });
    }

    it("shows several things one after the other", async () => {
      const shown = await displays('tslab.display.html("a"); tslab.display.html("b");');
      assert.equal(new Set(shown.map(({ displayId }) => displayId)).size, 2);
    });

    it("changes what a display of its own shows", async () => {
      const shown = await displays(
        'const own = tslab.newDisplay();\nown.html("a"); own.text("b"); own.png(Uint8Array.of(1));',
      );
      assert.deepEqual(
        shown.map(({ update }) => update),
        [false, true, true],
      );
      assert.equal(new Set(shown.map(({ displayId }) => displayId)).size, 1);
    });
  });

  describe("jupyter:display", () => {
    before(() => session.run('import { html, image, latex, md, svg } from "jupyter:display";'));

    it("escapes values in HTML, and leaves HTML as it is", async () => {
      const code =
        'const items = ["<script>", "b & c"];\nhtml`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>${null}`';
      assert.deepEqual(await result(code), {
        "text/html": "<ul><li>&lt;script&gt;</li><li>b &amp; c</li></ul>",
        "text/plain": "<script>\nb & c",
      });
      assert.equal((await result('html("<b>1</b>")'))["text/html"], "<b>1</b>");
    });

    it("knows SVG, Markdown and LaTeX", async () => {
      assert.equal((await result('svg`<svg id="${"a"}"/>`'))["image/svg+xml"], '<svg id="a"/>');
      assert.equal((await result("md`**${1 + 1}**`"))["text/markdown"], "**2**");
      assert.equal((await result("latex`\\frac{1}{${2}}`"))["text/latex"], "$$\\frac{1}{2}$$");
    });

    it("knows pictures by their first bytes", async () => {
      const code = "image(Uint8Array.of(0xff, 0xd8, 0xff, 0), { width: 3, alt: 'a dot' })";
      const shown = await result(code);
      assert.deepEqual(shown, { "image/jpeg": "/9j/AA==", "text/plain": "a dot" });
      const { evalue } = await session.error("image(Uint8Array.of(1, 2))");
      assert.equal(
        evalue,
        "The bytes begin with 0102, expected those of a PNG, JPEG, GIF or WebP file.",
      );
    });
  });
});
