/** The command `convnet-lab`: what of the library is of use in a terminal. */
import { cocoEval } from "./coco-eval.ts";
import { type Command, type Output, UsageError } from "./command.ts";

/** A command that needs something slow, such as TensorFlow, imports it when it runs. */
const commands: Readonly<Record<string, Command>> = { "coco-eval": cocoEval };

const usage = `usage: convnet-lab COMMAND …

commands:
  coco-eval TRUTHS.json DETECTIONS.json   COCO's twelve figures, for boxes or masks

convnet-lab COMMAND --help tells more.`;

/**
 * Runs a command.
 *
 * @param args what follows `convnet-lab` in the terminal
 * @returns the exit code: 0, 1 where the command's work failed, 2 where it was called wrongly
 */
export async function runCli(args: readonly string[], output: Output): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (name === "--help" || name === "-h") {
    output.out(usage);
    return args.length === 0 ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    output.err(`There is no command "${name}".\n\n${usage}`);
    return 2;
  }
  const command = commands[name]!;
  try {
    if (rest.includes("--help") || rest.includes("-h")) output.out(command.usage);
    else await command.run(rest, output);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      output.err(`${error.message}\n\n${command.usage}`);
      return 2;
    }
    output.err(error instanceof Error ? error.message : String(error));
    return 1;
  }
}
