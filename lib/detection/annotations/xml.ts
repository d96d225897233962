/** A small XML document as a tree. */
import { SaxesParser } from "saxes";

export interface XmlElement {
  readonly name: string;
  /** All text directly inside of it. */
  text: string;
  readonly children: XmlElement[];
}

/** An annotation has four levels; far deeper files are no annotations, and could exhaust whoever walks them. */
const DEEPEST = 32;

/**
 * Attributes, comments and processing instructions are left out. Only XML's own entities are known: what a DTD declares
 * is refused, so nothing is fetched and nothing multiplies.
 *
 * @throws {Error} it is not well-formed; the message says where
 */
export function parseXml(xml: string): XmlElement {
  const parser = new SaxesParser();
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  parser.on("error", (error) => {
    throw new Error(`line and column ${error.message}`);
  });
  parser.on("doctype", (text) => {
    if (text.includes("[")) throw new Error("it has a DTD with declarations, which are not read.");
  });
  parser.on("opentag", ({ name }) => {
    const element: XmlElement = { name, text: "", children: [] };
    if (open.length === DEEPEST) throw new Error(`elements are nested ${DEEPEST} deep and more.`);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on("closetag", () => {
    open.pop();
  });
  const add = (text: string) => {
    const element = open.at(-1);
    if (element) element.text += text;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  parser.write(xml).close();
  if (!root) throw new Error("there is no element.");
  return root;
}
