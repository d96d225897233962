/** `npm run build`: brings dist/ up to date with the sources. */
import "./node-version.mjs";

// Loaded only now: an old Node could not even parse it.
import("./commands/build.mjs");
