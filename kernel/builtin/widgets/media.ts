/** Pictures, sound, films, and files of the person at the frontend. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ButtonKind, buttonKind } from "./controls.ts";
import { ButtonStyle, control, DescribedWidget, DOMWidget, made } from "./dom.ts";
import { bytes, Expected, flag, list, type Trait, text } from "./traits.ts";
import type { Options } from "./widget-types.ts";

const media = { ...DOMWidget.traits, value: bytes };

function read(file: string | URL): Uint8Array {
  return readFileSync(typeof file === "string" ? file : fileURLToPath(file));
}

/** A picture. */
export class Image extends DOMWidget {
  static override readonly model = control("Image");
  static override readonly traits = {
    ...media,
    ...{ format: text("png"), width: text(""), height: text("") },
  };
  /** The bytes of a file. */
  declare value: Uint8Array;
  /** "png", "jpeg", "svg+xml" …; "url" where the value is the text of an address. */
  declare format: string;
  /** CSS pixels, without a unit. */
  declare width: string;
  declare height: string;

  constructor(options: Options<Image> = {}) {
    super(options);
  }

  /** @throws Error where the file cannot be read */
  static fromFile(file: string | URL, options: Options<Image> = {}): Image {
    const [, ending = "png"] = /\.(\w+)$/.exec(String(file).toLowerCase()) ?? [];
    const formats: Record<string, string> = { jpg: "jpeg", svg: "svg+xml" };
    return new Image({ format: formats[ending] ?? ending, ...options, value: read(file) });
  }
}

const playing = { autoplay: flag(true), controls: flag(true), loop: flag(true) };

/** Sound. */
export class Audio extends DOMWidget {
  static override readonly model = control("Audio");
  static override readonly traits = { ...media, ...playing, format: text("mp3") };
  /** The bytes of a file. */
  declare value: Uint8Array;
  declare format: string;
  declare autoplay: boolean;
  declare controls: boolean;
  declare loop: boolean;

  constructor(options: Options<Audio> = {}) {
    super(options);
  }
}

/** A film. */
export class Video extends DOMWidget {
  static override readonly model = control("Video");
  static override readonly traits = {
    ...{ ...media, ...playing },
    ...{ format: text("mp4"), width: text(""), height: text("") },
  };
  /** The bytes of a file. */
  declare value: Uint8Array;
  declare format: string;
  /** CSS pixels, without a unit. */
  declare width: string;
  declare height: string;
  declare autoplay: boolean;
  declare controls: boolean;
  declare loop: boolean;

  constructor(options: Options<Video> = {}) {
    super(options);
  }
}

/** A file that somebody has chosen in the browser. */
export interface UploadedFile {
  readonly name: string;
  /** MIME type. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
  readonly content: Uint8Array;
}

interface FileJson {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly last_modified: number;
  readonly content: Uint8Array;
}

const file: Trait<UploadedFile> = {
  initial: () => undefined as never,
  check: (value) => {
    if (typeof value === "object" && value !== null && "content" in value) {
      return value as UploadedFile;
    }
    throw new Expected("a file that was uploaded");
  },
  encode: ({ name, type, size, lastModified, content }): FileJson => ({
    ...{ name, type, size, last_modified: lastModified.getTime(), content },
  }),
  decode: (json) => {
    const { name, type, size, last_modified: modified, content } = json as FileJson;
    return { name, type, size, lastModified: new Date(modified), content };
  },
};

/** A button to choose files of one's own machine with. */
export class FileUpload extends DescribedWidget {
  static override readonly model = control("FileUpload");
  static override readonly traits: Readonly<Record<string, Trait>> = {
    ...DescribedWidget.traits,
    style: made(ButtonStyle),
    ...{ accept: text(""), buttonStyle: buttonKind, description: text("Upload") },
    ...{ disabled: flag(false), error: text(""), icon: text("upload"), multiple: flag(false) },
    value: list(file),
  };
  declare style: ButtonStyle;
  declare value: readonly UploadedFile[];
  /** Endings or MIME types that may be chosen: ".png,.jpg", "image/*". */
  declare accept: string;
  declare multiple: boolean;
  declare disabled: boolean;
  declare icon: string;
  declare buttonStyle: ButtonKind;
  declare error: string;

  constructor(options: Options<FileUpload> = {}) {
    super(options);
  }
}
