/** Text on a pipe with marks in it, as it arrives: in pieces that can end anywhere. */
import { StringDecoder } from "node:string_decoder";
import { markText } from "./wire.ts";

export class MarkedText {
  readonly #decoder = new StringDecoder("utf8");
  readonly #start: string;
  /** May be the beginning of a mark. */
  #held = "";
  #onText: (text: string) => void;
  #onMark: (mark: number) => void;

  constructor(nonce: string, onText: (text: string) => void, onMark: (mark: number) => void) {
    this.#start = markText(nonce, 0).slice(0, -2);
    this.#onText = onText;
    this.#onMark = onMark;
  }

  push(piece: Buffer): void {
    let text = this.#held + this.#decoder.write(piece);
    this.#held = "";
    for (;;) {
      const start = this.#findStart(text);
      if (start < 0) break;
      const end = text.indexOf("\u0000", start + 1);
      if (end < 0) {
        this.#held = text.slice(start);
        text = text.slice(0, start);
        break;
      }
      this.#emit(text.slice(0, start));
      this.#onMark(Number(text.slice(start + this.#start.length, end)));
      text = text.slice(end + 1);
    }
    this.#emit(text);
  }

  /** The pipe has ended. */
  end(): void {
    this.#emit(this.#held + this.#decoder.end());
    this.#held = "";
  }

  /** Where a mark starts, or the text ends in what may become one. */
  #findStart(text: string): number {
    for (let at = text.indexOf("\u0000"); at >= 0; at = text.indexOf("\u0000", at + 1)) {
      const head = text.slice(at, at + this.#start.length);
      if (this.#start.startsWith(head)) return at;
    }
    return -1;
  }

  #emit(text: string): void {
    if (text !== "") this.#onText(text);
  }
}
