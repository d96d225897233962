/** `npm run doctor` (and `-- --json`): what is there, where it is, what is missing and how to get it. */
import { parseArgs } from "node:util";
import { Problem } from "../engine/problem.mjs";
import { describeReport, examine } from "./examine.mjs";
import { runMain } from "./main.mjs";

await runMain(async () => {
  const { json } = parseOptions(process.argv.slice(2));
  const report = await examine();
  console.log(json ? JSON.stringify(report, null, 2) : describeReport(report));
  return report.problems.length === 0 ? 0 : 1;
});

/** @param {string[]} args */
function parseOptions(args) {
  try {
    return parseArgs({ args, options: { json: { type: "boolean", default: false } } }).values;
  } catch (error) {
    const [what = ""] = /** @type {Error} */ (error).message.split(". ");
    throw new Problem(`${what}.`, "`npm run doctor` or `npm run doctor -- --json`");
  }
}
