/** `npm run build`: brings dist/ up to date with the sources. */
import "./node-version.mjs";
import { runMain } from "./main.mjs";
import { npmStep } from "./npm-step.mjs";
import { root } from "./paths.mjs";
import { buildSteps, setUp } from "./steps.mjs";

await runMain((signal) => setUp([npmStep(root), ...buildSteps()], signal));
