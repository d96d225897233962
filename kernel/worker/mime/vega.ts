/** Charts as specifications, with a picture for pages that draw none. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { MimeBundle } from "../types.ts";
import type { Representation, Representer } from "./types.ts";

const schema = /^https?:\/\/vega\.github\.io\/schema\/(vega|vega-lite)\/v(\d+)(?:\.[\d.]+)?\.json$/;

/** The newest MIME types that JupyterLab draws. Specifications of later versions of the languages mostly work there. */
const newest = 5;

/** Milliseconds that a picture may take, as a chart can wait for data from elsewhere. */
const limit = 5_000;

const { setTimeout, clearTimeout } = globalThis;

/** A specification of Vega or Vega-Lite, known by its $schema. */
export const vega: Representer = (value) => {
  const address = (value as { $schema?: unknown }).$schema;
  const found = typeof address === "string" ? schema.exec(address) : null;
  if (!found) return undefined;
  const [, language, version] = found;
  const shown = Math.min(Number(version), newest);
  const mime = `application/vnd.${language === "vega" ? "vega" : "vegalite"}.v${shown}+json`;
  const text = inspect(value, { depth: 3 });
  const bundle = (picture: MimeBundle): Representation => ({
    data: { [mime]: value, ...picture, "text/plain": text },
    metadata: {},
  });
  const libraries = findLibraries();
  if (!libraries) return bundle({});
  return within(limit, draw(value, language === "vega", libraries)).then(bundle, () => bundle({}));
};

interface Libraries {
  readonly vega: string;
  readonly vegaLite: string | undefined;
}

/** The notebook's own, as the kernel brings none. */
function findLibraries(): Libraries | undefined {
  const { resolve } = createRequire(join(process.cwd(), "_"));
  const find = (name: string) => {
    try {
      return pathToFileURL(resolve(name)).href;
    } catch {
      return undefined;
    }
  };
  const found = find("vega");
  return found === undefined ? undefined : { vega: found, vegaLite: find("vega-lite") };
}

interface Vega {
  parse(specification: object): object;
  View: new (
    flow: object,
    options: object,
  ) => {
    toCanvas(scale: number): Promise<{ toBuffer(mime: "image/png"): Uint8Array }>;
    toSVG(): Promise<string>;
    finalize(): void;
  };
}

async function draw(value: object, isVega: boolean, libraries: Libraries): Promise<MimeBundle> {
  if (!isVega && libraries.vegaLite === undefined) return {};
  const { parse, View } = (await import(libraries.vega)) as Vega;
  let specification = value;
  if (!isVega) {
    const { compile } = (await import(libraries.vegaLite as string)) as {
      compile(spec: object, options: object): { readonly spec: object };
    };
    // On white, as the page behind the picture may be dark.
    const quiet = {
      level: () => quiet,
      error: () => quiet,
      warn: () => quiet,
      info: () => quiet,
      debug: () => quiet,
    };
    specification = compile(value, { logger: quiet, config: { background: "white" } }).spec;
  }
  const view = new View(parse(specification), { renderer: "none", logLevel: 0 });
  try {
    const canvas = await view.toCanvas(2);
    return { "image/png": Buffer.from(canvas.toBuffer("image/png")).toString("base64") };
  } catch {
    // Without a canvas package.
    return { "image/svg+xml": await view.toSVG() };
  } finally {
    view.finalize();
  }
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The chart takes too long.")), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
