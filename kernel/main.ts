/** The kernel's front process. It listens before it loads anything that takes long, and nothing a cell does stops it. */
import { readOptions } from "./options.ts";
import { whenParentEnds } from "./parent.ts";
import {
  type Interpreter,
  type InterpreterEvents,
  log,
  logOnce,
  readConnection,
  Server,
} from "./protocol/index.ts";

async function main(): Promise<void> {
  const { connectionFile, conditions, check } = readOptions(process.argv.slice(2));
  const connection = readConnection(connectionFile);
  const load = async (events: InterpreterEvents): Promise<Interpreter> => {
    const { openNotebook } = await import("./notebook/index.ts");
    return openNotebook({ directory: process.cwd(), conditions, check }, events);
  };
  const server = new Server({ connection, load, onEnd: () => process.exit(0) });
  const end = () => void server.end().then(() => process.exit(0));
  // A frontend interrupts by a message; Ctrl-C in its terminal reaches this process too and must not end it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  whenParentEnds(process.env.JPY_PARENT_PID, end);
  await server.listen();
}

// One mistake in handling a message is no reason to lose a notebook's state.
process.on("uncaughtException", (error) => log(`Unexpected: ${error?.stack ?? error}`));
// Each warning once; of this one ZeroMQ's binding does not know that it is wrong for the option that we switch.
process.removeAllListeners("warning");
process.on("warning", ({ message }) => {
  if (!message.startsWith("Socket option will not take effect")) logOnce(message);
});
// Where Jupyter's log has gone, nobody reads it.
process.stderr.on("error", () => {});

main().catch((error: Error) => {
  log(error.message);
  process.exit(1);
});
