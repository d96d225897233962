/** `npm test`: sets up what is missing, then runs every check. */
import "./node-version.mjs";

// Loaded only now: an old Node could not even parse it.
import("./commands/test.mjs");
