/** `npm run doctor`: what is there, what is missing and how to get it. */
import "./node-version.mjs";

// Loaded only now: an old Node could not even parse it.
import("./commands/doctor.mjs");
