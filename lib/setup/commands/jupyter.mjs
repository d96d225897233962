import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../engine/problem.mjs";
import { jupyterFolder, root, venv, venvPython } from "../paths.mjs";
import { startSupervised } from "../tools/child.mjs";

const host = "127.0.0.1";
const firstPort = 8888;
const lastPort = 8987;

/** Time for the server to end its kernels, in milliseconds. */
const grace = 10_000;

/**
 * Runs JupyterLab on the lessons until it ends or is interrupted.
 *
 * @param {object} options
 * @param {number} [options.port] default: the first free one
 * @param {boolean} options.browser opens one
 * @param {string} [options.folder] what is served
 * @param {string} [options.state] where JupyterLab keeps settings and workspaces
 * @param {AbortSignal} signal
 * @returns {Promise<number>} exit code
 */
export async function runJupyterLab(
  { port: asked, browser, folder = join(root, "notebooks"), state = jupyterFolder },
  signal,
) {
  const port = await freePort(asked);
  const token = randomBytes(24).toString("hex");
  const python = venvPython(venv);
  mkdirSync(state, { recursive: true });
  const child = startSupervised(
    python,
    ["-m", "jupyterlab", ...serverOptions({ port, browser, folder })],
    {
      cwd: root,
      grace,
      output: "inherit",
      env: {
        ...process.env,
        PATH: `${dirname(python)}${delimiter}${process.env.PATH}`,
        // Not on the command line, which other users of the machine can read.
        JUPYTER_TOKEN: token,
        JUPYTER_CONFIG_DIR: join(state, "config"),
        JUPYTER_DATA_DIR: join(state, "data"),
        IPYTHONDIR: join(state, "ipython"),
      },
    },
  );
  const stop = () => child.stdin?.end();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const ended = once(child, "close");

  if (await answers(`http://${host}:${port}/api`, ended)) {
    console.log(`\nJupyterLab: http://${host}:${port}/lab?token=${token}\nCtrl-C ends it.\n`);
  }
  const [code] = await ended;
  if (signal.aborted) return 0;
  if (code !== 0) {
    throw new Problem(
      `JupyterLab ended with exit code ${code}; its messages are above.`,
      "remove the folder .venv and run `npm start` again, which makes it anew",
    );
  }
  return 0;
}

/** @param {{ port: number, browser: boolean, folder: string }} options */
function serverOptions({ port, browser, folder }) {
  return [
    ...[`--ServerApp.ip=${host}`, `--ServerApp.port=${port}`, "--ServerApp.port_retries=0"],
    `--ServerApp.root_dir=${folder}`,
    "--ServerApp.log_level=WARN",
    "--LabApp.log_level=WARN",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    // By default output beyond 1 MB/s or 1,000 messages/s is thrown away.
    "--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=1e10",
    "--ZMQChannelsWebsocketConnection.iopub_msg_rate_limit=1e7",
    ...(browser ? [] : ["--no-browser"]),
    // Refused otherwise, and in a container root is the usual user.
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
}

/**
 * Waits until the server answers.
 *
 * @param {string} address
 * @param {Promise<unknown>} ended
 * @returns {Promise<boolean>} false if it ended before that
 */
async function answers(address, ended) {
  let over = false;
  ended.then(() => {
    over = true;
  });
  while (!over) {
    const response = await fetch(address).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(100);
  }
  return false;
}

/**
 * @param {number | undefined} asked
 * @throws {Problem} it is in use
 */
async function freePort(asked) {
  if (asked !== undefined) {
    if (await isFree(asked)) return asked;
    throw new Problem(
      `Port ${asked} is in use, or not ours to use.`,
      "name another by --port, or leave --port out: the first free port is taken",
    );
  }
  for (let port = firstPort; port <= lastPort; port++) if (await isFree(port)) return port;
  throw new Problem(`All ports from ${firstPort} to ${lastPort} are in use.`, "name one by --port");
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer();
  try {
    await once(server.listen(port, host), "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
