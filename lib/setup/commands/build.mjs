/** `npm run build`: brings dist/ up to date with the sources. */

import { root } from "../paths.mjs";
import { buildSteps, setUp } from "../steps/all.mjs";
import { npmStep } from "../steps/npm.mjs";
import { runMain } from "./main.mjs";

await runMain((signal) => setUp([npmStep(root), ...buildSteps()], signal));
