/** Pictures made of pixels. */
import { type Canvas, createCanvas, type SKRSContext2D } from "canvas";
import { checkChoice } from "./checks.ts";
import { type Displayable, displaySymbol, type MimeBundle, metadataSymbol } from "./display.ts";
import { encode, type PictureFormat } from "./format.ts";
import { saveAs } from "./save.ts";
import { drawText, textStyles, wrapText } from "./text.ts";
import { type Theme, type ThemeName, themeOf } from "./theme.ts";

/** Options that every picture and chart takes. */
export interface PictureOptions {
  /** A line in bold above the picture. Default: none. */
  readonly title?: string;
  /** Text below the picture. Default: none. */
  readonly caption?: string;
  /** What the picture shows, for those who cannot see it. Default: made from titles, captions and sizes. */
  readonly alt?: string;
  /** Colours of the card behind the picture and of its text. Default: "light". */
  readonly theme?: ThemeName;
  /** Pixels of the file for each CSS pixel; 2 is sharp on screens of high density. Default: 2. */
  readonly scale?: number;
}

export interface FileOptions {
  /**
   * Of the picture on the page. A photograph is a fifth as large as JPEG, and looks the same; charts, masks and enlarged
   * pixels are smaller and sharper as PNG. Default: "png".
   */
  readonly fileFormat?: PictureFormat;
}

/** What stands on the card between title and caption. Lengths are in CSS pixels. */
export interface Content {
  readonly width: number;
  readonly height: number;
  /** Used where `options.alt` is not given. */
  readonly alt: string;
  /** Draws with the content's upper left corner at (0, 0). */
  draw(context: SKRSContext2D, theme: Theme): void;
}

const PADDING = 16;
const GAP = 10;
/** Title and caption are not broken into columns narrower than this, however small the image. */
const NARROWEST_TEXT = 240;
/** Skia refuses far larger canvases only when it draws, and a notebook with such a picture is of no use. */
const LARGEST = 100e6;

/**
 * A picture that shows itself as the result of a cell and saves itself to a file. It keeps no tensors: all that it
 * needs was read from them when it was made.
 */
export class Picture implements Displayable {
  /** Size on the screen, in CSS pixels, the card included. */
  readonly width: number;
  readonly height: number;
  readonly alt: string;
  readonly #paint: (context: SKRSContext2D) => void;
  readonly #scale: number;
  readonly #theme: Theme;
  readonly #format: PictureFormat;
  readonly #files: { [format in PictureFormat]?: Promise<Buffer> } = {};

  /** @throws if `scale` is not a number from 0.5 to 8, the file format is unknown, or the picture would be too large */
  constructor(content: Content, options: PictureOptions & FileOptions = {}) {
    const theme = themeOf(options.theme);
    this.#theme = theme;
    this.#format = options.fileFormat ?? "png";
    checkChoice("fileFormat", this.#format, ["png", "jpeg"], "A picture");
    const scale = options.scale ?? 2;
    if (!(scale >= 0.5 && scale <= 8)) {
      throw new RangeError(`The scale of a picture is ${scale}: expected a number from 0.5 to 8.`);
    }
    const texts = options.title || options.caption;
    const width = texts ? Math.max(content.width, NARROWEST_TEXT) : content.width;
    const title = linesOf(options.title, textStyles.title, width);
    const caption = linesOf(options.caption, textStyles.caption, width);
    const top = PADDING + title.height + (title.height && GAP);
    const bottom = top + content.height + (caption.height && GAP);
    this.width = Math.ceil(width + 2 * PADDING);
    this.height = Math.ceil(bottom + caption.height + PADDING);
    this.alt = options.alt ?? describe(options, content.alt);
    this.#scale = scale;
    const pixels = this.width * this.height * scale ** 2;
    if (pixels > LARGEST) {
      throw new RangeError(
        `The picture would have ${this.width * scale}×${this.height * scale} pixels: ` +
          "draw fewer or smaller images, or give a smaller `scale`.",
      );
    }
    this.#paint = (context) => {
      paintCard(context, this.width, this.height, theme);
      drawText(context, title.lines, textStyles.title, {
        x: PADDING,
        y: PADDING,
        color: theme.ink,
      });
      drawText(context, caption.lines, textStyles.caption, {
        x: PADDING,
        y: bottom,
        color: theme.muted,
      });
      context.translate(PADDING, top);
      content.draw(context, theme);
    };
  }

  toCanvas(): Canvas {
    const canvas = createCanvas(
      Math.round(this.width * this.#scale),
      Math.round(this.height * this.#scale),
    );
    const context = canvas.getContext("2d");
    context.scale(this.#scale, this.#scale);
    this.#paint(context);
    return canvas;
  }

  /** The picture as a PNG file. */
  toPNG(): Promise<Buffer> {
    this.#files.png ??= encode(this.toCanvas(), "png");
    return this.#files.png;
  }

  /** The picture as a JPEG file. Nothing is transparent in it, so the card's corners are not round. */
  toJPEG(): Promise<Buffer> {
    this.#files.jpeg ??= encode(onGround(this.toCanvas(), this.#theme.card), "jpeg");
    return this.#files.jpeg;
  }

  /**
   * Writes the picture to a file whose name ends in `.png`, `.jpg` or `.jpeg`.
   *
   * @throws if the name ends otherwise or the file cannot be written
   */
  save(path: string): Promise<void> {
    const jpeg = () => this.toJPEG();
    return saveAs(path, { ".png": () => this.toPNG(), ".jpg": jpeg, ".jpeg": jpeg });
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const { width, height, alt } = this;
    const type = `image/${this.#format}`;
    const file = await (this.#format === "png" ? this.toPNG() : this.toJPEG());
    return {
      [type]: file.toString("base64"),
      "text/plain": alt,
      [metadataSymbol]: { [type]: { width, height, alt } },
    };
  }
}

function linesOf(
  text: string | undefined,
  style: (typeof textStyles)["title" | "caption"],
  width: number,
) {
  const lines = text ? wrapText(text, style, width) : [];
  return { lines, height: lines.length * style.lineHeight };
}

function describe(options: PictureOptions, content: string): string {
  return [options.title, content, options.caption]
    .filter((part) => part !== undefined && part !== "")
    .map((part) => (/[.!?]$/.test(part!) ? part : `${part}.`))
    .join(" ");
}

function onGround(drawing: Canvas, color: string): Canvas {
  const canvas = createCanvas(drawing.width, drawing.height);
  const context = canvas.getContext("2d");
  context.fillStyle = color;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawing, 0, 0);
  return canvas;
}

function paintCard(context: SKRSContext2D, width: number, height: number, theme: Theme): void {
  context.beginPath();
  context.roundRect(0.5, 0.5, width - 1, height - 1, 8);
  context.fillStyle = theme.card;
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = theme.edge;
  context.stroke();
}
