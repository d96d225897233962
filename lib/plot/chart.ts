/** Charts: Vega-Lite in the browser, the same chart as a picture everywhere else. */
import type { Canvas } from "canvas";
import { type Config, parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { type Displayable, displaySymbol, type MimeBundle } from "./display.ts";
import { fontFamily } from "./fonts.ts";
import { Picture, type PictureOptions } from "./picture.ts";
import { saveAs } from "./save.ts";
import { type Theme, themeOf } from "./theme.ts";

/**
 * JupyterLab 4 has no renderer for Vega-Lite 6; what the charts use means the same in 5.
 */
const MIME_TYPE = "application/vnd.vegalite.v5+json";
const SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json";

/** Vega's estimate of a text's height leaves the feet of letters out. */
const BLEED = 4;

/** A chart that shows itself as the result of a cell and saves itself to a file. */
export class Chart implements Displayable {
  readonly alt: string;
  readonly #spec: TopLevelSpec;
  readonly #options: PictureOptions;
  #picture: Promise<Picture> | undefined;

  /**
   * @param spec a Vega-Lite chart; title, caption and colours of the options are added to it
   * @param alt used where `options.alt` is not given
   */
  constructor(spec: TopLevelSpec, alt: string, options: PictureOptions = {}) {
    themeOf(options.theme); // an unknown theme is an error here, not when the chart is shown
    this.alt = options.alt ?? [options.title, alt, options.caption].filter(Boolean).join(". ");
    this.#options = options;
    this.#spec = {
      $schema: SCHEMA,
      description: this.alt,
      ...(options.title && { title: titleOf(options.title, options.caption) }),
      ...spec,
    };
  }

  /** The chart in Vega-Lite, without colours of text and background: those are the browser's, light or dark. */
  toJSON(): TopLevelSpec {
    return {
      ...this.#spec,
      background: "transparent",
      config: { ...neutral, ...this.#spec.config },
    };
  }

  /** The chart as a PNG file. */
  async toPNG(): Promise<Buffer> {
    return (await this.toPicture()).toPNG();
  }

  /** The chart as a picture, on the card of its theme. */
  toPicture(): Promise<Picture> {
    this.#picture ??= this.#draw();
    return this.#picture;
  }

  /**
   * Writes the chart to a file: a picture (`.png`, `.svg`), or its Vega-Lite (`.json`).
   *
   * @throws if the name ends otherwise or the file cannot be written
   */
  save(path: string): Promise<void> {
    return saveAs(path, {
      ".png": () => this.toPNG(),
      ".svg": () => this.#view().toSVG(),
      ".json": async () => `${JSON.stringify(this.toJSON(), null, 2)}\n`,
    });
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const picture = await this.toPicture();
    return { [MIME_TYPE]: this.toJSON(), ...(await picture[displaySymbol]()) };
  }

  async #draw(): Promise<Picture> {
    const { theme, scale = 2 } = this.#options;
    const view = this.#view();
    // Vega draws on a canvas of node's, whatever its types say.
    const canvas = (await view.toCanvas(scale)) as unknown as Canvas;
    view.finalize();
    const width = canvas.width / scale;
    const height = canvas.height / scale;
    return new Picture(
      {
        width,
        height,
        alt: this.alt,
        draw: (context) => context.drawImage(canvas, 0, 0, width, height),
      },
      { theme, scale, alt: this.alt },
    );
  }

  #view(): View {
    const spec = { ...this.#spec, background: "transparent", padding: BLEED };
    const config = themed(themeOf(this.#options.theme));
    const { spec: vega } = compile(spec as TopLevelSpec, { config });
    return new View(parse(vega), { renderer: "none" });
  }
}

function titleOf(title: string, caption: string | undefined) {
  return {
    text: title,
    ...(caption && { subtitle: caption }),
    anchor: "start" as const,
    offset: 12,
  };
}

/** Shapes and sizes, which hold on any background. */
const neutral = {
  font: fontFamily,
  view: { stroke: null },
  title: {
    fontSize: 16,
    fontWeight: 600,
    subtitleFontSize: 13,
    subtitlePadding: 6,
    frame: "bounds",
  },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 8,
    labelPadding: 6,
    labelLimit: 0,
    labelFlush: false,
    ticks: false,
    domain: false,
    gridColor: "rgba(128, 136, 144, 0.25)",
  },
  legend: { titleFontWeight: "normal" },
  style: { "guide-label": { fontSize: 12 }, "guide-title": { fontSize: 12 } },
} satisfies TopLevelSpec["config"] & Config;

function themed(theme: Theme) {
  return {
    ...neutral,
    title: { ...neutral.title, color: theme.ink, subtitleColor: theme.muted },
    axis: {
      ...neutral.axis,
      labelColor: theme.ink,
      titleColor: theme.muted,
      gridColor: theme.line,
    },
    legend: { ...neutral.legend, titleColor: theme.muted },
    style: {
      ...neutral.style,
      "guide-label": { ...neutral.style["guide-label"], fill: theme.ink },
    },
  };
}
