/**
 * `npm run bench -- NAME… [--json | --markdown] [--rounds N]`: compares with the peers, side by side, and prints
 * medians and ratios. `--json` prints an array of {name, peer, ours, theirs, unit, ratio} and nothing else (and a note,
 * where the peer's figure does not tell all); `--markdown` a table with a column for each peer, for the README.
 */
import { parseArgs } from "node:util";
import { formatValue } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

/** Each says what it needs when it runs. */
const benches: Record<string, () => Promise<Bench>> = {
  kernel: async () => (await import("./kernel/bench.ts")).kernel,
  coco: async () => (await import("./coco.ts")).coco,
  curve: async () => (await import("./curve.ts")).curve,
  inference: async () => (await import("./inference.ts")).inference,
  pipeline: async () => (await import("./pipeline.ts")).pipeline,
  plot: async () => (await import("./plot.ts")).plot,
  train: async () => (await import("./train.ts")).train,
  "train-mnist": async () => (await import("./train.ts")).trainMnist,
  "train-resnet": async () => (await import("./train.ts")).trainResNet,
  weights: async () => (await import("./weights.ts")).weights,
  windows: async () => (await import("./windows.ts")).windows,
};

const usage = `usage: npm run bench -- NAME… [--json | --markdown] [--rounds N]
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
  const { names, json, markdown, rounds } = parsed;
  const log = (line: string) => (json || markdown ? console.error(line) : console.log(line));
  const results: Result[] = [];
  for (const name of names) {
    const bench = await benches[name]!();
    log(`${name}: ${bench.title}`);
    results.push(...(await bench.run({ log, ...(rounds === undefined ? {} : { rounds }) })));
  }
  if (json) console.log(JSON.stringify(results, null, 2));
  else console.log(markdown ? markdownTable(results) : `\n${table(results)}`);
  return 0;
}

function parse(): {
  names: string[];
  json: boolean;
  markdown: boolean;
  rounds: number | undefined;
} {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      rounds: { type: "string" },
    },
  });
  if (positionals.length === 0) throw new Error("Which benchmark?");
  const unknown = positionals.find((name) => !Object.hasOwn(benches, name));
  if (unknown) throw new Error(`There is no benchmark "${unknown}".`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds is ${values.rounds}, expected a whole number above 0.`);
  }
  return { names: positionals, json: values.json, markdown: values.markdown, rounds };
}

function table(results: readonly Result[]): string {
  const rows = [
    ["", "peer", "ours", "theirs", "unit", "ratio", ""],
    ...results.map(({ name, peer, ours, theirs, unit, ratio, note = "" }) => [
      ...[name, peer, formatValue(ours), formatValue(theirs), unit, ratio.toFixed(2), note],
    ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A row for each measure, a column for each contestant. */
function markdownTable(results: readonly Result[]): string {
  const peers = [...new Set(results.map(({ peer }) => peer))];
  const rows = new Map<string, string[]>();
  for (const { name, peer, ours, theirs, unit, note } of results) {
    const key = `${name}, ${unit}`;
    const row = rows.get(key) ?? [key, short(ours), ...peers.map(() => "–")];
    const isBound = note === undefined || /lost|late/.test(note);
    row[2 + peers.indexOf(peer)] = [isBound ? short(theirs) : "", note && `(${note})`]
      .filter(Boolean)
      .join(" ");
    rows.set(key, row);
  }
  const lines = [
    ["", "convnet-lab", ...peers],
    ["---", "--:", ...peers.map(() => "--:")],
  ];
  return [...lines, ...rows.values()].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

// A function, as the module's first statement already needs it.
function short(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(2)));
}
