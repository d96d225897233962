/** Magics in a real kernel. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { type CellAnswer, Kernel } from "../client.ts";
import { isAlive } from "../processes.ts";

const traceback = ({ reply }: CellAnswer) =>
  stripVTControlCharacters((reply.content.traceback as string[]).join("\n"));
const plain = ({ result }: CellAnswer) => (result?.data as Record<string, string>)?.["text/plain"];

describe("Magics in a kernel", () => {
  let kernel: Kernel;
  before(async () => {
    kernel = await Kernel.start();
  });
  after(() => kernel.end());
  const run = (code: string) => kernel.execute(code);

  describe("!command", () => {
    it("shows what it prints, in order with what the cell prints", async () => {
      const { stdout, stderr, reply } = await run(
        "console.log(1)\n!echo two; echo error >&2\nconsole.log(3)",
      );
      assert.equal(reply.content.status, "ok");
      assert.equal(stdout, "1\ntwo\n3\n");
      assert.equal(stderr, "error\n");
    });

    it("shows it when it is printed", async () => {
      const seen: string[] = [];
      await kernel.execute(
        "!echo first; while [ ! -e go ]; do sleep 0.01; done; echo second",
        {},
        (message) => {
          if (message.type !== "stream") return;
          seen.push(message.content.text as string);
          // Else the command would wait for ever.
          writeFileSync(join(kernel.folder, "go"), "");
        },
      );
      assert.equal(seen.join(""), "first\nsecond\n");
    });

    it("tells how it ended, and lets the cell go on", async () => {
      const { stdout, stderr } = await run("!exit 3\nconsole.log('on')");
      assert.equal(stderr, "[exit status 3]\n");
      assert.equal(stdout, "on\n");
      assert.match((await run("!no-such-program -x")).stderr, /\[exit status 127, command not/);
      assert.match((await run("!kill -9 $$")).stderr, /\[ended by SIGKILL\]/);
    });

    it("takes values as they are, whatever they hold", async () => {
      await run(
        "const odd = `a 'b' \"c\" $HOME \\`date\\`; exit 9 \\\\ *`; const list = ['x y', 2];",
      );
      const odd = "a 'b' \"c\" $HOME `date`; exit 9 \\ *";
      assert.equal((await run("!printf '<%s>' {odd} {list}")).stdout, `<${odd}><x y><2>`);
      assert.equal((await run('!printf %s "[{odd}]"')).stdout, `[${odd}]`);
      assert.equal((await run("!printf %s '[{odd}]'")).stdout, `[${odd}]`);
      assert.equal((await run("!printf %s {list.map((x) => x + '!').join()}")).stdout, "x y!,2!");
      assert.equal((await run("!printf %s {await Promise.resolve(4)}{list[1]}")).stdout, "42");
      assert.match(traceback(await run("!echo {undefined}")), /A value in a command is undefined/);
    });

    it("has its values checked, with the place of the error", async () => {
      const answer = await run("let n = 1\n!echo {n.nothing}");
      assert.match(traceback(answer), /cell\[\d+\]:2:10 - TypeScriptError TS2339/);
      assert.match(traceback(answer), /2 !echo \{n\.nothing\}\n {10} ~~~~~~~/);
      assert.equal(answer.stdout, "");
    });

    it("does not run where the cell has an error in its types", async () => {
      const answer = await run("!touch ran\nconst s: string = 1");
      assert.match(traceback(answer), /:2:7 - TypeScriptError TS2322/);
      assert.throws(() => readFileSync(join(kernel.folder, "ran")));
    });

    it("ends by an interrupt, with all that it has started", async () => {
      const pids: number[] = [];
      const answer = await kernel.execute(
        "!sleep 60 & echo $!; sh -c 'echo $$; sleep 60; echo no'; echo no",
        {},
        (message) => {
          if (message.type !== "stream") return;
          pids.push(...String(message.content.text).match(/\d+/g)!.map(Number));
          if (pids.length === 2)
            void kernel.request("interrupt_request", {}, { channel: "control" });
        },
      );
      assert.equal(answer.reply.content.ename, "Interrupted");
      for (let wait = 0; pids.some(isAlive) && wait < 300; wait++) await sleep(10);
      assert.deepEqual(pids.filter(isAlive), []);
      assert.equal(plain(await run("odd.length > 0")), "true");
    });

    it("does not wait for what it leaves running", async () => {
      assert.equal((await run("!sleep 5 & echo started")).stdout, "started\n");
    });

    it("is not what negates", async () => {
      await run("const ls = true");
      assert.equal(plain(await run("!ls")), "false");
    });
  });

  describe("%%sh and %%bash", () => {
    it("run the whole cell", async () => {
      assert.equal((await run("%%sh\nfor i in 1 2; do\n  echo $i\ndone")).stdout, "1\n2\n");
      assert.equal((await run("%%bash\na=(1 2 3); echo $((a[1] + 1))")).stdout, "3\n");
    });

    it("fail as the last command does", async () => {
      const answer = await run("%%bash\nexit 4");
      assert.equal(answer.reply.content.ename, "MagicError");
      assert.match(traceback(answer), /%%bash failed: exit status 4/);
    });
  });

  describe("%time", () => {
    it("tells how long a statement or a cell takes, and keeps the result", async () => {
      const report = /^CPU times: user .*, sys: .*, total: .*\nWall time: [\d.]+ (?:µs|ms|s)\n$/;
      const one = await run("%time const slow: number = 6 * 7");
      assert.match(one.stdout, report);
      const two = await run("%time slow + 0");
      assert.match(two.stdout, report);
      assert.equal(plain(two), "42");
      const all = await run("%%time\nlet sum = 0;\nfor (let i = 0; i < 9; i++) sum += i;\nsum");
      assert.match(all.stdout, report);
      assert.equal(plain(all), "36");
    });

    it("has its statement checked, completed and inspected", async () => {
      assert.match(traceback(await run("%time slow.nothing()")), /:1:12 - TypeScriptError TS2339/);
      const code = "%time slow.toFix";
      const { reply } = await kernel.request("complete_request", { code, cursor_pos: 16 });
      assert.deepEqual(reply.content.matches, ["toFixed"]);
      assert.equal(reply.content.cursor_start, 11);
    });

    it("points at the statement that throws", async () => {
      const answer = await run("let k = 0;\n%time throw new Error('t')");
      assert.match(traceback(answer), /cell\[\d+\]:2:13/);
      assert.match(answer.stdout, /Wall time/);
    });
  });

  describe("%who, %whos and %reset", () => {
    it("list the names, with kinds and values", async () => {
      const own = await Kernel.start();
      try {
        assert.match((await own.execute("%who")).stdout, /no names yet/);
        await own.execute(
          "const a = [1, 2]; let b = 'text'; function f(x: number) { return x; }\n" +
            "class Q {}; const m = new Map([[1, 2]]); const q = new Q(); type T = string;",
        );
        assert.equal((await own.execute("%who")).stdout.trim(), "Q  a  b  f  m  q");
        const { stdout } = await own.execute("%whos");
        assert.match(stdout, /^Name {2}Type {6}Value\n─/);
        assert.match(stdout, /\na {5}array\[2\] {2}\[ 1, 2 \]\n/);
        assert.match(stdout, /\nb {5}string +'text'\n/);
        assert.match(stdout, /\nf {5}function +function f\(x\)/);
        assert.match(stdout, /\nm {5}Map\(1\) +Map\(1\)/);
        assert.match(stdout, /\nq {5}Q +Q \{\}/);

        const reset = await own.execute("%reset\nconst b = 7;");
        assert.equal(reset.reply.content.status, "ok");
        assert.equal((await own.execute("%who")).stdout.trim(), "b");
        assert.match(traceback(await own.execute("a")), /TS2304: Cannot find name 'a'/);
        assert.equal(plain(await own.execute("b + 1")), "8");
      } finally {
        await own.end();
      }
    });
  });

  describe("%cd, %pwd and %env", () => {
    it("change where and with what commands run, and imports stay", async () => {
      mkdirSync(join(kernel.folder, "sub dir"));
      writeFileSync(join(kernel.folder, "here.ts"), "export const here = 1;");
      assert.match((await run("%cd sub dir\n!pwd")).stdout, /sub dir\n.*sub dir\n$/);
      assert.equal(plain(await run('import { here } from "./here.ts"; here')), "1");
      assert.match((await run("%cd -\n%pwd")).stdout, /^(.*)\n\1\n$/);
      assert.match(traceback(await run("%cd nowhere")), /%cd nowhere: there is no such folder/);
    });

    it("show and set variables, and no secrets", async () => {
      assert.equal((await run("%env SOME_NAME=some value")).stdout, "SOME_NAME=some value\n");
      assert.equal((await run('!echo "$SOME_NAME"')).stdout, "some value\n");
      assert.equal(plain(await run("process.env.SOME_NAME")), "'some value'");
      await run("%env MY_TOKEN abc");
      const { stdout } = await run("%env");
      assert.match(stdout, /\nMY_TOKEN=<hidden>\n/);
      assert.match(stdout, /\nSOME_NAME=some value\n/);
      assert.match(traceback(await run("%env NO_SUCH")), /there is no such variable/);
    });
  });

  describe("Magics for whole cells", () => {
    it("show text of other kinds", async () => {
      const cases = { html: "text/html", markdown: "text/markdown", svg: "image/svg+xml" };
      for (const [name, type] of Object.entries(cases)) {
        const { displays } = await run(`%%${name}\n<b>{x}</b>\n`);
        assert.equal((displays[0]!.data as Record<string, string>)[type], "<b>{x}</b>\n");
      }
    });

    it("write files", async () => {
      await run("%%writefile made.ts\nexport const made: number = 5;\n");
      await run("%%writefile -a made.ts\nexport const more = `!ls`;\n");
      assert.equal(
        plain(await run('import * as all from "./made.ts"; all.made + all.more')),
        "'5!ls'",
      );
      assert.match(traceback(await run("%%writefile\nx")), /takes one file name/);
    });
  });

  describe("Magics and their help", () => {
    it("are listed, completed and explained", async () => {
      const { stdout } = await run("%lsmagic");
      assert.match(stdout, /^!COMMAND .*\n%sh COMMAND/);
      const { reply } = await kernel.request("complete_request", { code: "%ls", cursor_pos: 3 });
      assert.deepEqual(reply.content.matches, ["%lsmagic"]);
      assert.equal(reply.content.cursor_start, 0);
      const { reply: help } = await kernel.request("inspect_request", {
        ...{ code: "%time f()", cursor_pos: 3, detail_level: 0 },
      });
      assert.match((help.content.data as Record<string, string>)["text/plain"]!, /how long/);
      const page = await run("%who?");
      assert.match(JSON.stringify(page.reply.content.payload), /Lists the notebook/);
    });

    it("that do not exist run nothing", async () => {
      const answer = await run("console.log('ran')\n%tiem f()");
      assert.equal(answer.stdout, "");
      assert.match(
        traceback(answer),
        /cell\[\d+\]:2:1 - SyntaxError: There is no magic %tiem\. Did/,
      );
    });
  });
});
