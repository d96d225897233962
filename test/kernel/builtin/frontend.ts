/** What a widget manager in a frontend knows: the state of each widget, from the messages that the kernel sends. */
import assert from "node:assert/strict";
import type { Client, Message } from "../client.ts";

export type State = Record<string, unknown>;

export class Frontend {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The states of all widgets, by the names of their models, in the order in which they were made. */
  get states(): Map<string, State> {
    const states = new Map<string, State>();
    for (const message of this.#client.published) apply(states, message);
    return states;
  }

  /** The name of the last widget of a kind. */
  id(model: string): string {
    const found = [...this.states].filter(([, state]) => state._model_name === `${model}Model`);
    assert.ok(found.length > 0, `there is no ${model}`);
    return found.at(-1)![0];
  }

  /** The name of the last widget with this description. */
  labelled(description: string): string {
    const found = [...this.states].filter(([, state]) => state.description === description);
    assert.ok(found.length > 0, `there is no widget ${description}`);
    return found.at(-1)![0];
  }

  /** The state of the last widget of a kind. */
  state(model: string): State {
    return this.states.get(this.id(model))!;
  }

  /** Does what a person at the frontend does: changes a widget. Returns the name of the message. */
  change(id: string, state: State): Promise<string> {
    const data = { method: "update", state, buffer_paths: [] };
    return this.#client.send("comm_msg", { comm_id: id, data });
  }

  press(id: string): Promise<string> {
    const data = { method: "custom", content: { event: "click" } };
    return this.#client.send("comm_msg", { comm_id: id, data });
  }

  /** What was published for a message until all that it calls had ended. */
  async answers(messageId: string): Promise<Message[]> {
    const isOf = ({ parent }: Message) => parent.msg_id === messageId;
    await this.#client.whenPublished(
      (message) => isOf(message) && message.content.execution_state === "idle",
    );
    return this.#client.published.filter(isOf);
  }

  /** Changes a widget and waits until all that this calls has ended. */
  async changed(id: string, state: State): Promise<Message[]> {
    return this.answers(await this.change(id, state));
  }
}

function apply(states: Map<string, State>, { type, content, buffers }: Message): void {
  const id = content.comm_id as string;
  const data = content.data as {
    method?: string;
    state?: State;
    buffer_paths?: readonly (readonly string[])[];
  };
  const paths = data?.buffer_paths ?? [];
  const bytes = paths.map(([key = ""], at) => [key, buffers[at]] as const);
  const state = { ...data?.state, ...Object.fromEntries(bytes) };
  if (type === "comm_open") states.set(id, state);
  else if (type === "comm_close") states.delete(id);
  else if (type === "comm_msg" && /^(?:echo_)?update$/.test(data.method ?? "")) {
    Object.assign(states.get(id)!, state);
  }
}
