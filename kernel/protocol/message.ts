/** A Jupyter message as it is between the wire and the handlers. */

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Header extends JsonObject {
  readonly msg_id: string;
  readonly msg_type: string;
}

/** What an answer needs of the message that it answers. */
export interface Parent {
  /** Routing frames: whom a reply on the same kind of socket goes to. */
  readonly identities: readonly Uint8Array[];
  /** The header as it came, byte for byte. */
  readonly rawHeader: Uint8Array;
}

export interface Message extends Parent {
  readonly header: Header;
  readonly parentHeader: JsonObject;
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  readonly buffers: readonly Uint8Array[];
}

/** A message that came on the shell or the control socket. */
export interface Request extends Message {
  readonly reply: (content: JsonObject, metadata?: JsonObject) => void;
}

export interface OutgoingMessage {
  readonly type: string;
  readonly content: JsonObject;
  /** `rawHeader` of the message that caused this one. */
  readonly parentHeader?: Uint8Array;
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Uint8Array[];
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
