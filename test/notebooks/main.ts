/** `npm run lessons`: runs lessons headlessly and compares what they put out with what is recorded. */
import { setMaxListeners } from "node:events";
import { basename, relative } from "node:path";
import { runMain } from "../../lib/setup/commands/main.mjs";
import { Problem } from "../../lib/setup/engine/problem.mjs";
import { Progress } from "../../lib/setup/engine/progress.mjs";
import { root } from "../../lib/setup/paths.mjs";
import { type LessonResult, runLesson } from "./lesson.ts";
import { parseOptions, usage } from "./options.ts";
import { describePlace } from "./place.ts";

await runMain(async (signal) => {
  setMaxListeners(0, signal); // each lesson listens to it
  const options = await parseOptions(process.argv.slice(2), root);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const progress = new Progress();
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const file of options.files) {
    const name = basename(file, ".ipynb");
    const step = progress.begin(name);
    let result: LessonResult;
    try {
      result = await runLesson(file, { root, options, onProgress: step.update, signal });
    } catch (error) {
      // What is wrong with one notebook says nothing of the others; what set-up must mend does.
      if (signal.aborted || error instanceof Problem) {
        step.end(`– ${name}`);
        throw signal.aborted ? signal.reason : error;
      }
      result = unreadable(file, error);
    }
    const { claims, failures } = result;
    step.end(`${failures.length > 0 ? "✗" : "✓"} ${name}: ${summary(result)}`);
    for (const line of failures.flatMap((failure) => describe(file, failure))) progress.line(line);
    total.passed += claims.passed + (failures.length > 0 ? 0 : 1);
    total.failed += claims.failed + (failures.length > 0 ? 1 : 0);
    total.skipped += claims.skipped;
  }
  console.log(`Executed copies: ${relative(process.cwd(), options.out) || "."}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed > 0 ? 1 : 0;
});

function unreadable(file: string, error: unknown): LessonResult {
  const { name, message, stack = message } = error as Error;
  const claims = { passed: 0, failed: 0, skipped: 0 };
  const failures = [{ message: name === "Error" ? message : stack, details: [] }];
  return { file, cells: 0, claims, failures, updated: false };
}

function summary({ cells, claims, updated }: LessonResult): string {
  const { passed, failed, skipped } = claims;
  const parts = [`${cells} cells`, `${passed + failed + skipped} claims`];
  if (skipped > 0) parts.push(`${skipped} of them skipped`);
  if (updated) parts.push("recorded anew");
  return parts.join(", ");
}

function describe(file: string, { message, place, details }: LessonResult["failures"][number]) {
  return [
    `  ${place ? describePlace(file, place) : basename(file)}: ${message}`,
    ...(place?.file ? [`    at ${place.file}`] : []),
    ...(place ? [`    > ${place.source}`] : []),
    ...details.map((line) => `    ${line}`),
    "",
  ];
}
