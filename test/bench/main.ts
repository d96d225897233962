/**
 * `npm run bench -- NAME… [--json] [--rounds N]`: compares with the peers, side by side, and prints medians and
 * ratios. `--json` prints an array of {name, peer, ours, theirs, unit, ratio} and nothing else.
 */
import { parseArgs } from "node:util";
import { formatValue } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

/** Each says what it needs when it runs. */
const benches: Record<string, () => Promise<Bench>> = {
  coco: async () => (await import("./coco.ts")).coco,
  train: async () => (await import("./train.ts")).train,
};

const usage = `usage: npm run bench -- NAME… [--json] [--rounds N]
names: ${Object.keys(benches).join(", ")}`;

process.exitCode = await main();

async function main(): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse();
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  const { names, json, rounds } = parsed;
  const log = (line: string) => (json ? console.error(line) : console.log(line));
  const results: Result[] = [];
  for (const name of names) {
    const bench = await benches[name]!();
    log(`${name}: ${bench.title}`);
    results.push(...(await bench.run({ log, ...(rounds === undefined ? {} : { rounds }) })));
  }
  if (json) console.log(JSON.stringify(results, null, 2));
  else console.log(`\n${table(results)}`);
  return 0;
}

function parse(): { names: string[]; json: boolean; rounds: number | undefined } {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, rounds: { type: "string" } },
  });
  if (positionals.length === 0) throw new Error("Which benchmark?");
  const unknown = positionals.find((name) => !Object.hasOwn(benches, name));
  if (unknown) throw new Error(`There is no benchmark "${unknown}".`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds is ${values.rounds}, expected a whole number above 0.`);
  }
  return { names: positionals, json: values.json, rounds };
}

function table(results: readonly Result[]): string {
  const rows = [
    ["", "peer", "ours", "theirs", "unit", "ratio"],
    ...results.map(({ name, peer, ours, theirs, unit, ratio }) => [
      ...[name, peer, formatValue(ours), formatValue(theirs), unit, ratio.toFixed(2)],
    ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ")).join("\n");
}
