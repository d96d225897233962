/** Local modules as cells import them: TypeScript, loaded anew when changed. */
import assert from "node:assert/strict";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { Session } from "./session.ts";

describe("A local module", () => {
  let session: Session;
  let clock = Date.now() / 1000;
  beforeEach(async () => {
    session = await Session.start(["lab-source"]);
  });
  afterEach(() => session.end());

  /** Writes files whose times differ from those before. */
  function edit(files: Record<string, string>): void {
    session.write(files);
    clock += 10;
    for (const name of Object.keys(files)) utimesSync(join(session.directory, name), clock, clock);
  }

  it("is loaded anew when it has changed and the importing cell runs again, with its importers and no other", async () => {
    edit({
      "a.ts":
        'import { b } from "./b.ts"; export const a: number = b + 1; (globalThis as any).loads = [...((globalThis as any).loads ?? []), "a"]',
      "b.ts":
        'export const b: number = 1; (globalThis as any).loads = [...((globalThis as any).loads ?? []), "b"]',
      "c.ts":
        'export const c = 1; (globalThis as any).loads = [...((globalThis as any).loads ?? []), "c"]',
    });
    const cell = 'import { a } from "./a.ts"; import { c } from "./c.ts"; [a, c]';
    assert.equal(await session.value(cell), "[ 2, 1 ]");
    assert.equal(await session.value(cell), "[ 2, 1 ]");
    assert.equal(await session.value("(globalThis as any).loads.join()"), "'b,a,c'");
    edit({ "b.ts": 'export const b: number = 41; (globalThis as any).loads.push("b again")' });
    const { result, stderr } = await session.run(cell);
    assert.equal(result, "[ 42, 1 ]");
    assert.match(stderr, /^b\.ts has changed and will be loaded anew\./);
    assert.equal(await session.value("(globalThis as any).loads.join()"), "'b,a,c,b again,a'");
    edit({ "b.ts": "export const b: number = 50;" });
    assert.equal((await session.run(cell)).stderr, "");
  });

  it("keeps its old values where its new text does not parse", async () => {
    edit({ "m.ts": "export const m = 1;" });
    const cell = 'import { m } from "./m.ts"; m';
    assert.equal(await session.value(cell), "1");
    edit({ "m.ts": "export const m = ;" });
    assert.match((await session.error(cell)).evalue, /^m\.ts:1:18: /);
    assert.equal(await session.value("m"), "1");
    edit({ "m.ts": "export const m = 3;" });
    assert.equal(await session.value(cell), "3");
  });

  it("is found by a path without ending, with that of JavaScript, above the folder and by its package's name", async () => {
    edit({
      "package.json":
        '{ "name": "lab", "exports": { "./x": { "lab-source": "./lib/x.ts", "default": "./dist/x.js" } } }',
      "lib/x.ts":
        'import { y } from "./y.js"; enum Kind { A = 5 } export const x: number = y + Kind.A',
      "lib/y.ts": 'import { z } from "../lib/deep"; export const y: number = z',
      "lib/deep/index.ts": 'import data from "../data.json"; export const z: number = data.value',
      "lib/data.json": '{ "value": 7 }',
    });
    assert.equal(await session.value('import { x } from "lab/x"; x'), "12");
    assert.equal(await session.value('import { y } from "./lib/y"; y'), "7");
    edit({ "lib/data.json": '{ "value": 8 }' });
    assert.equal(await session.value('import { x } from "lab/x"; x'), "13");
  });

  it("can be a package that was installed after the start", async () => {
    assert.match((await session.error('import { late } from "late"; late')).evalue, /late/);
    session.write({
      "node_modules/late/package.json":
        '{ "name": "late", "type": "module", "exports": "./index.js" }',
      "node_modules/late/index.js": "export const late = 'installed'",
    });
    assert.equal(await session.value('import { late } from "late"; late'), "'installed'");
  });

  it("imports packages of either kind", async () => {
    session.write({
      "node_modules/esm/package.json":
        '{ "name": "esm", "type": "module", "exports": { "import": "./index.js" } }',
      "node_modules/esm/index.js":
        "export default 'default'; export const named = 'named'; export let live = 1; export const bump = () => { live++ }",
      "node_modules/cjs/package.json": '{ "name": "cjs" }',
      "node_modules/cjs/index.js":
        "exports.named = 'from cjs'; Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'inner'",
      "node_modules/fn/package.json": '{ "name": "fn" }',
      "node_modules/fn/index.js":
        "module.exports = function call() { return 'called' }; module.exports.extra = 1",
      "both.ts":
        'import e, { named } from "esm"; import { named as c } from "cjs"; export const both = [e, named, c]',
    });
    assert.equal(
      await session.value('import e, { named as n, live, bump } from "esm"; bump(); [e, n, live]'),
      "[ 'default', 'named', 2 ]",
    );
    assert.equal(
      await session.value(
        'import { named } from "cjs"; import call, { extra } from "fn"; [named, call(), extra]',
      ),
      "[ 'from cjs', 'called', 1 ]",
    );
    assert.equal(
      await session.value('import { both } from "./both.ts"; both'),
      "[ 'default', 'named', 'from cjs' ]",
    );
  });

  it("that loops while it is loaded can be mended and loaded again", async () => {
    edit({ "slow.ts": 'console.log("loading"); while (true) {} export const slow = 1' });
    const { run } = session.begin('import { slow } from "./slow.ts"; slow');
    await session.whenPrinted("loading");
    await session.worker.interrupt();
    assert.equal((await run).outcome.error?.ename, "Interrupted");
    edit({ "slow.ts": "export const slow = 2" });
    assert.equal(await session.value('import { slow } from "./slow.ts"; slow'), "2");
    assert.deepEqual(session.losses, []);
  });

  it("can be required where Node lets it", async () => {
    edit({ "r.cts": "const r: number = 5; module.exports = { r }" });
    assert.equal(await session.value('import { r } from "./r.cts"; r'), "5");
  });
});
