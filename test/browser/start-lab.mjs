/** `node start-lab.mjs FOLDER STATE`: JupyterLab as `npm start` opens it, on a folder and settings of a test's own. */
import { runJupyterLab } from "../../lib/setup/commands/jupyter.mjs";
import { runMain } from "../../lib/setup/commands/main.mjs";

const [folder, state] = process.argv.slice(2);
await runMain((signal) => runJupyterLab({ browser: false, folder, state }, signal));
