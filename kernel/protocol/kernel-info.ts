/** What the kernel says of itself. */
import manifest from "../../package.json" with { type: "json" };
import type { JsonObject } from "./message.ts";
import { protocolVersion } from "./wire.ts";

const typescript = manifest.dependencies.typescript;

export const kernelInfo: JsonObject = {
  status: "ok",
  protocol_version: protocolVersion,
  implementation: manifest.name,
  implementation_version: manifest.version,
  language_info: {
    name: "typescript",
    version: typescript,
    mimetype: "application/typescript",
    file_extension: ".ts",
    pygments_lexer: "typescript",
    codemirror_mode: "typescript",
    nbconvert_exporter: "script",
  },
  banner: `TypeScript ${typescript} on Node.js ${process.versions.node}`,
  help_links: [
    { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
    { text: "JavaScript", url: "https://developer.mozilla.org/docs/Web/JavaScript" },
    { text: "Node.js", url: "https://nodejs.org/api/" },
  ],
  debugger: false,
  supported_features: [],
};
