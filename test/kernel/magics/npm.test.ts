/** `%npm` in a real kernel, with packages that lie on the disk. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type CellAnswer, Kernel } from "../client.ts";

const traceback = ({ reply }: CellAnswer) =>
  stripVTControlCharacters(((reply.content.traceback as string[]) ?? []).join("\n"));
const plain = ({ result }: CellAnswer) => (result?.data as Record<string, string>)?.["text/plain"];

describe("%npm", () => {
  let kernel: Kernel;
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(kernel.folder, name)), { recursive: true });
      writeFileSync(join(kernel.folder, name), text);
    }
  };

  beforeEach(async () => {
    kernel = await Kernel.start({ env: { npm_config_offline: "true" } });
    write({
      "typed/package.json": '{ "name": "typed", "version": "1.2.3", "types": "./main.d.ts" }',
      "typed/index.js": "exports.twice = (x) => 2 * x;",
      "typed/main.d.ts": "export function twice(x: number): number;",
    });
  });
  afterEach(() => kernel.end());

  it("installs a package that the same cell and the next ones import, with its types", async () => {
    const first = await kernel.execute(
      '%npm install ./typed\nimport { twice } from "typed";\ntwice(4)',
    );
    assert.equal(first.reply.content.status, "ok", traceback(first));
    assert.match(first.stdout, /added 1 package/);
    assert.equal(plain(first), "8");
    assert.match(traceback(await kernel.execute('twice("4")')), /TS2345/);
    const manifest = JSON.parse(readFileSync(join(kernel.folder, "package.json"), "utf8"));
    assert.equal(manifest.dependencies.typed, "file:typed");
  });

  it("installs where the nearest package.json is, and not where only packages are", async () => {
    const directory = join(kernel.folder, "notebooks", "deep");
    write({
      "notebooks/package.json": "{}",
      "notebooks/deep/local/package.json": '{ "name": "local", "version": "1.0.0" }',
      "notebooks/deep/local/index.js": "module.exports = 6;",
      "notebooks/deep/local/index.d.ts": "declare const six: 6; export = six;",
      "node_modules/.keep": "",
    });
    const inner = await Kernel.start({ directory, env: { npm_config_offline: "true" } });
    try {
      const answer = await inner.execute('const name = "./local";\n%npm install {name}');
      assert.equal(answer.reply.content.status, "ok", traceback(answer));
      assert.equal(plain(await inner.execute('import six from "local"; six')), "6");
      assert.ok(existsSync(join(kernel.folder, "notebooks", "node_modules", "local")));
      assert.ok(!existsSync(join(kernel.folder, "node_modules", "local")));
    } finally {
      await inner.end();
    }
    const own = await kernel.execute("%npm install ./typed --silent");
    assert.equal(own.reply.content.status, "ok", traceback(own));
    assert.ok(existsSync(join(kernel.folder, "package.json")));
  });

  it("fails as npm does, and then runs nothing of the cell", async () => {
    const answer = await kernel.execute("%npm install ./nowhere\nconsole.log('ran')");
    assert.equal(answer.reply.content.ename, "MagicError");
    assert.match(traceback(answer), /npm install \.\/nowhere failed: exit status/);
    assert.equal(answer.stdout, "");
    assert.match(answer.stderr, /npm error/);
    assert.match(traceback(await kernel.execute("%npm")), /takes the arguments of npm/);
  });
});
