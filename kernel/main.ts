/**
 * What Jupyter starts. The language server is what the first cell waits for longest, so its process is begun before
 * anything else is loaded.
 */
import { spawnServer } from "./language/spawn.ts";
import { readOptions } from "./options.ts";
import { log } from "./protocol/log.ts";

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const server = spawnServer(process.cwd(), "brief");
  // What is wrong will be told when the server is asked. It is waited for, as loading the rest keeps this thread busy.
  await server.catch(() => {});
  const { listen } = await import("./front.ts");
  await listen(options, server);
}

main().catch((error: Error) => {
  log(error.message);
  process.exit(1);
});
