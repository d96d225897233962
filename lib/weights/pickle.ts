/**
 * Reads Python's pickle format without executing anything: a small interpreter of its stack machine, which knows the
 * opcodes that data needs and only those classes that it is told of.
 *
 * Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import type { ByteReader } from "./byte-reader.ts";

/** Numbers, strings, bytes, booleans, null; lists and tuples as arrays; dictionaries as Maps; whatever globals make. */
export type PickleValue = unknown;

export interface PickleOptions {
  /** What to call the file in errors. */
  readonly name: string;
  /**
   * The values that a pickle may name, by `module.name`. A function is called where the pickle calls the class; other
   * values stand for themselves.
   */
  readonly globals: ReadonlyMap<string, PickleValue>;
  /** The object behind a persistent identifier. */
  readonly persistentLoad?: (identifier: PickleValue) => PickleValue;
}

const mark = Symbol("mark");

/** Two's complement, little-endian, of any length. */
function longInteger(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  if (bytes.length > 0 && (bytes[bytes.length - 1] as number) >= 128) {
    value -= 1n << BigInt(8 * bytes.length);
  }
  const small = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
  return small ? Number(value) : value;
}

/**
 * Reads one pickled object and leaves the reader behind it.
 *
 * @throws {Error} cut off, damaged, or naming a class that `globals` does not list; nothing of the file has run
 */
export function readPickle(reader: ByteReader, options: PickleOptions): PickleValue {
  const { name, globals, persistentLoad } = options;
  const stack: PickleValue[] = [];
  const memo = new Map<number, PickleValue>();

  const damaged = (what: string): never => {
    throw new Error(`${name} is damaged: ${what} at byte ${reader.position}. Get the file again.`);
  };
  const pop = (): PickleValue => {
    if (stack.length === 0) damaged("its pickle takes from an empty stack");
    return stack.pop();
  };
  const popToMark = (): PickleValue[] => {
    const at = stack.lastIndexOf(mark);
    if (at < 0) damaged("its pickle has no mark");
    const items = stack.splice(at);
    return items.slice(1);
  };
  const top = <T>(kind: new (...args: never[]) => T): T => {
    const value = stack[stack.length - 1];
    if (!(value instanceof kind)) damaged(`its pickle expects a ${kind.name}`);
    return value as T;
  };
  const setItems = (items: PickleValue[]) => {
    const target = top(Map);
    if (items.length % 2) damaged("its pickle has a key without a value");
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const recall = (index: number): PickleValue => {
    if (!memo.has(index)) damaged(`its pickle recalls object ${index}, which it does not have`);
    return memo.get(index);
  };
  const global = (module: PickleValue, attribute: PickleValue): PickleValue => {
    const path = `${module}.${attribute}`;
    if (!globals.has(path)) {
      throw new Error(
        `${name} asks for Python's "${path}", which is not among what weights need, and a pickle may run any code by ` +
          "such a name. Nothing was executed. Use a file that holds a plain state_dict (names and tensors).",
      );
    }
    return globals.get(path);
  };
  const call = (callable: PickleValue, given: PickleValue): PickleValue => {
    if (typeof callable !== "function" || !Array.isArray(given)) {
      return damaged("its pickle calls what is not a function");
    }
    try {
      return callable(...given);
    } catch (error) {
      return damaged(`its pickle builds an object wrongly (${error})`);
    }
  };

  for (;;) {
    const opcode = String.fromCharCode(reader.uint8());
    switch (opcode) {
      case "\x80": {
        const protocol = reader.uint8();
        if (protocol > 5) damaged(`pickle protocol ${protocol}, expected at most 5,`);
        break;
      }
      case "\x95": // FRAME
        reader.take(8);
        break;
      case ".": // STOP
        return pop();
      case "(":
        stack.push(mark);
        break;
      case "0":
        pop();
        break;
      // Scalars
      case "N":
        stack.push(null);
        break;
      case "\x88":
        stack.push(true);
        break;
      case "\x89":
        stack.push(false);
        break;
      case "J":
        stack.push(reader.int32());
        break;
      case "K":
        stack.push(reader.uint8());
        break;
      case "M":
        stack.push(reader.uint16());
        break;
      case "\x8a":
        stack.push(longInteger(reader.take(reader.uint8())));
        break;
      case "G":
        stack.push(reader.float64BigEndian());
        break;
      // Text and bytes
      case "X":
        stack.push(reader.text(reader.uint32()));
        break;
      case "\x8c":
        stack.push(reader.text(reader.uint8()));
        break;
      case "T": // strings of Python 2
        stack.push(reader.text(reader.uint32(), "latin1"));
        break;
      case "U":
        stack.push(reader.text(reader.uint8(), "latin1"));
        break;
      case "B":
        stack.push(reader.take(reader.uint32()));
        break;
      case "C":
        stack.push(reader.take(reader.uint8()));
        break;
      // Containers
      case "}":
        stack.push(new Map());
        break;
      case "]":
      case ")":
        stack.push([]);
        break;
      case "t":
      case "l":
        stack.push(popToMark());
        break;
      case "\x85":
        stack.push([pop()]);
        break;
      case "\x86":
        stack.push([pop(), pop()].reverse());
        break;
      case "\x87":
        stack.push([pop(), pop(), pop()].reverse());
        break;
      case "s":
        setItems([pop(), pop()].reverse());
        break;
      case "u":
        setItems(popToMark());
        break;
      case "a": {
        const item = pop();
        top(Array).push(item);
        break;
      }
      case "e": {
        const items = popToMark();
        const list = top(Array);
        for (const item of items) list.push(item);
        break;
      }
      // Memory
      case "q":
        memo.set(reader.uint8(), stack[stack.length - 1]);
        break;
      case "r":
        memo.set(reader.uint32(), stack[stack.length - 1]);
        break;
      case "\x94":
        memo.set(memo.size, stack[stack.length - 1]);
        break;
      case "h":
        stack.push(recall(reader.uint8()));
        break;
      case "j":
        stack.push(recall(reader.uint32()));
        break;
      // Objects
      case "c":
        stack.push(global(reader.line(), reader.line()));
        break;
      case "\x93": {
        const [attribute, module] = [pop(), pop()];
        stack.push(global(module, attribute));
        break;
      }
      case "R": {
        const given = pop();
        stack.push(call(pop(), given));
        break;
      }
      case "b":
        // The state of an object: of what we make, only notes such as an OrderedDict's `_metadata`.
        pop();
        break;
      case "Q": {
        const identifier = pop();
        if (!persistentLoad) damaged("its pickle refers to outside data");
        stack.push(persistentLoad?.(identifier));
        break;
      }
      default:
        damaged(`its pickle has the unknown opcode ${JSON.stringify(opcode)}`);
    }
  }
}
