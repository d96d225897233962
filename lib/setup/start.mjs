/** `npm start`: sets up what is missing, then opens JupyterLab on the lessons. */
import "./node-version.mjs";

// Loaded only now: an old Node could not even parse it.
import("./commands/start.mjs");
