/** `npm start`: sets up what is missing, then opens JupyterLab on the lessons. */

import { setUpAll } from "../steps/all.mjs";
import { runJupyterLab } from "./jupyter.mjs";
import { runMain } from "./main.mjs";
import { parseStartOptions, usage } from "./start-options.mjs";

await runMain(async (signal) => {
  const options = parseStartOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  await setUpAll(options, signal);
  if (!options.setupOnly) return runJupyterLab(options, signal);
});
