/** Jupyter counts a cell's text in code points, JavaScript in UTF-16 code units. */

/** @param position in code points, from 0; what lies outside of the text is brought to its nearest end */
export function toOffset(text: string, position: number): number {
  let offset = 0;
  for (let left = position; left > 0 && offset < text.length; left--) {
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return offset;
}

/** @param offset in UTF-16 code units */
export function toPosition(text: string, offset: number): number {
  let position = 0;
  for (let at = 0; at < offset && at < text.length; position++) {
    at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  }
  return position;
}
