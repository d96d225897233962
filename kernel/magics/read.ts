/**
 * Finds the lines of a cell that are no TypeScript but talk to the kernel: `!command`, `%magic`, `%%magic`. In the
 * TypeScript they are blank, so that everything else keeps its place.
 */
import {
  type CellSyntaxError,
  declaredAtMargin,
  type MagicCall,
  parseCell,
} from "../cell/index.ts";
import { isMagic, magics, unknownMagic } from "./catalog.ts";
import { Interpolation } from "./interpolation.ts";
import { isProgram } from "./programs.ts";

export interface ReadCell {
  /** TypeScript, as long as the source, with the same lines. */
  readonly code: string;
  readonly magics: readonly MagicCall[];
  readonly errors: readonly CellSyntaxError[];
}

/** UTF-16 units that are parsed at most to tell magics from TypeScript: what comes after them is TypeScript. */
const effort = 1 << 22;

const candidate = /^(?:!(?!=)|%%?(?=[A-Za-z_]))/gm;
const cellMagic = /^\s*%%([A-Za-z_]\w*)?/;
const identifierStart = /^!\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u;
const shellWord = /^!\s*([^\s|&;<>(){}]+)/;

/** Words that begin an operand of `!` in TypeScript. */
const operands = new Set(
  "async await class delete false function import new null super this true typeof undefined void".split(
    " ",
  ),
);

/** @param isKnown says whether a name has a meaning in the notebook, apart from what this cell declares */
export function readMagics(source: string, isKnown: (name: string) => boolean): ReadCell {
  if (!cellMagic.test(source) && source.search(candidate) < 0) {
    return { code: source, magics: [], errors: [] };
  }
  return new Reader(source, isKnown).read();
}

class Reader {
  readonly #source: string;
  readonly #isKnown: (name: string) => boolean;
  readonly #magics: MagicCall[] = [];
  readonly #errors: CellSyntaxError[] = [];
  #code: string;
  /** What stands before is whole statements. */
  #boundary = 0;
  #effort = 0;

  constructor(source: string, isKnown: (name: string) => boolean) {
    const own = declaredAtMargin(source);
    this.#source = source;
    this.#isKnown = (name) => own.has(name) || isKnown(name);
    this.#code = source;
  }

  read(): ReadCell {
    if (!this.#readCellMagic()) {
      for (const { index } of this.#source.matchAll(candidate)) {
        if (index < this.#boundary) continue;
        if (this.#effort > effort) break;
        if (this.#isOpen(this.#code.slice(this.#boundary, index))) continue;
        if (this.#source[index] === "!") this.#readCommand(index);
        else this.#readMagic(index);
      }
    }
    return { code: this.#code, magics: this.#magics, errors: this.#errors };
  }

  /** True where the whole cell belongs to it. */
  #readCellMagic(): boolean {
    const [head, name] = cellMagic.exec(this.#source) ?? [];
    if (head === undefined) return false;
    const start = head.indexOf("%%");
    const end = this.#lineEnd(start);
    if (name === undefined || !isMagic(name, true)) {
      const message = name === undefined ? "A magic has a name after %%" : unknownMagic(name, true);
      this.#errors.push({ message, start, end: head.length, incomplete: false });
      this.#blank(start, this.#source.length);
      return true;
    }
    const rest = this.#source.slice(head.length, end).trim();
    if (magics[name]!.scopes.includes("statement")) {
      const code = this.#source.slice(head.length, end);
      if (code.trim() !== "") {
        const message = `%%${name} stands alone on its line, before the code that it is for`;
        this.#errors.push({ message, start, end, incomplete: false });
      }
      this.#blank(start, end);
      this.#magics.push({ name, start, end, scope: "cell", parts: [] });
      this.#boundary = end;
      return false;
    }
    const text = this.#source.slice(end).replace(/^(?:\r\n|[\n\r])/, "");
    this.#blank(start, this.#source.length);
    this.#magics.push({
      name,
      start,
      end: this.#source.length,
      scope: "text",
      parts: [rest, text],
    });
    return true;
  }

  #readCommand(start: number): void {
    const line = this.#source.slice(start, this.#lineEnd(start));
    if (this.#isTypeScript(line)) return;
    this.#take("sh", start, start + 1, this.#commandEnd(start));
  }

  /** Of `!name …`, which both languages know, the one that makes sense of the name. */
  #isTypeScript(line: string): boolean {
    if (!this.#parses(line)) return false;
    const [, name] = identifierStart.exec(line) ?? [];
    if (name === undefined || operands.has(name) || this.#isKnown(name)) return true;
    const [, program = name] = shellWord.exec(line) ?? [];
    // Nobody writes a difference of two names so.
    if (name.startsWith("$") || /\w-\w/.test(program)) return false;
    return !isProgram(program);
  }

  #readMagic(start: number): void {
    const lineEnd = this.#lineEnd(start);
    if (this.#source[start + 1] === "%") {
      const message = "A magic with %% is for a whole cell: it must be the cell's first line";
      this.#errors.push({ message, start, end: lineEnd, incomplete: false });
      this.#blank(start, lineEnd);
      this.#boundary = lineEnd;
      return;
    }
    const [, name = ""] = /^%(\w+)/.exec(this.#source.slice(start, lineEnd)) ?? [];
    const nameEnd = start + 1 + name.length;
    // A remainder whose operator begins the line.
    if (this.#isKnown(name) && this.#parses(this.#code.slice(this.#boundary, lineEnd))) return;
    if (!isMagic(name, false)) {
      const message = unknownMagic(name, false);
      this.#errors.push({ message, start, end: nameEnd, incomplete: false });
      this.#blank(start, lineEnd);
      this.#boundary = lineEnd;
    } else if (magics[name]!.scopes.includes("statement")) {
      if (this.#source.slice(nameEnd, lineEnd).trim() === "") {
        const message = `%${name} stands before a statement on the same line`;
        this.#errors.push({ message, start, end: nameEnd, incomplete: false });
      }
      this.#blank(start, nameEnd);
      this.#magics.push({ name, start, end: nameEnd, scope: "statement", parts: [] });
      this.#boundary = nameEnd;
    } else this.#take(name, start, nameEnd, this.#commandEnd(start));
  }

  #take(name: string, start: number, from: number, end: number): void {
    const text = this.#source.slice(from, end);
    const { parts, spans } = new Interpolation(text, this.#isKnown);
    this.#blank(start, end);
    // The values stay TypeScript: the elements of one array.
    for (const [index, span] of spans.entries()) {
      const [open, close] = [from + span.start, from + span.end];
      const isLast = index === spans.length - 1;
      const inner = this.#source.slice(open + 1, close - 1);
      const code = `${index === 0 ? "[" : " "}${inner}${isLast ? "]" : ","}`;
      this.#code = this.#code.slice(0, open) + code + this.#code.slice(close);
    }
    const [first, last] = [spans[0], spans.at(-1)];
    const values = first && last && { start: from + first.start, end: from + last.end };
    this.#magics.push({ name, start, end, scope: "line", parts, ...(values && { values }) });
    this.#boundary = end;
  }

  #blank(start: number, end: number): void {
    const blank = this.#code.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, " ");
    // Whatever stands before ends here.
    this.#code = `${this.#code.slice(0, start)};${blank.slice(1)}${this.#code.slice(end)}`;
  }

  #lineEnd(start: number): number {
    const length = this.#source.slice(start).search(/[\n\r\u2028\u2029]/);
    return length < 0 ? this.#source.length : start + length;
  }

  /** A backslash at its end lets a line go on in the next one. */
  #commandEnd(start: number): number {
    let end = this.#lineEnd(start);
    while (this.#source[end - 1] === "\\" && end < this.#source.length) {
      const next = this.#source.startsWith("\r\n", end) ? end + 2 : end + 1;
      end = this.#lineEnd(next);
    }
    return end;
  }

  /** The code stops within something, such as a template or a comment, so that what follows belongs to it. */
  #isOpen(code: string): boolean {
    if (code.trim() === "") return false;
    this.#effort += code.length;
    return parseCell(code).errors[0]?.incomplete === true;
  }

  #parses(code: string): boolean {
    this.#effort += code.length;
    const [error] = parseCell(code).errors;
    return !error || error.incomplete;
  }
}
