/** All widgets that there are, and what frontends ask of them. */
import { type CommMessage, type Host, type HostComm, host } from "../host.ts";
import { insertBuffers, type Path, separateBuffers } from "./buffers.ts";

/** Of the messages about widgets; from 2.1 on frontends expect to hear of their own changes. */
export const protocolVersion = "2.1.0";

export interface Managed {
  readonly widget: object;
  readonly modelId: string;
  /** The whole state, as frontends see it. */
  state(): Record<string, unknown>;
  /** Whether frontends may change this part of the state. */
  accepts(key: string): boolean;
  /** Takes what a frontend has changed. */
  update(state: Record<string, unknown>): void;
  receive(content: unknown, buffers: readonly Uint8Array[]): void;
  /** Calls those who wait for the changes since the last time. */
  announce(): void;
  /** Sends what has been held back. */
  flush(): void;
  closed(): void;
}

const widgets = new Map<string, Managed>();
/** Have changes that nobody was told of. */
const changed = new Set<Managed>();
/** Hold something back. */
const waiting = new Set<Managed>();
let connected: Host | undefined;

/** The process that runs the cells; known to it from now on. */
export function kernel(): Host {
  if (connected) return connected;
  connected = host();
  connected.acceptComms("jupyter.widget.control", answerControl);
  connected.beforeEnd(() => {
    for (const widget of waiting) widget.flush();
    waiting.clear();
  });
  return connected;
}

export function find(modelId: string): object | undefined {
  return widgets.get(modelId)?.widget;
}

/** Makes a widget known to all frontends. */
export function register(widget: Managed): HostComm {
  const { state, paths, buffers } = separateBuffers(widget.state());
  const comm = kernel().openComm(
    "jupyter.widget",
    { state, buffer_paths: paths },
    { id: widget.modelId, metadata: { version: protocolVersion }, buffers },
  );
  widgets.set(widget.modelId, widget);
  comm.onMessage = (message) => handle(widget, comm, message);
  comm.onClose = () => {
    widgets.delete(widget.modelId);
    widget.closed();
  };
  return comm;
}

export function unregister(widget: Managed): void {
  widgets.delete(widget.modelId);
  changed.delete(widget);
  waiting.delete(widget);
}

export function sendState(comm: HostComm, state: Record<string, unknown>): void {
  const separated = separateBuffers(state);
  comm.send(
    { method: "update", state: separated.state, buffer_paths: separated.paths },
    { buffers: separated.buffers },
  );
}

/** Sees to it that the widget is asked to flush before the cell that runs ends. */
export function flushLater(widget: Managed): void {
  waiting.add(widget);
}

/** Tells of a widget's changes when all messages that are there have been handled. */
export function announceLater(widget: Managed): void {
  changed.add(widget);
  kernel().afterMessages(announceAll);
}

function announceAll(): void {
  for (const widget of changed) {
    changed.delete(widget);
    widget.announce();
  }
}

function handle(widget: Managed, comm: HostComm, { data, buffers }: CommMessage): void {
  switch (data.method) {
    case "update": {
      const given = (data.state ?? {}) as Record<string, unknown>;
      insertBuffers(given, (data.buffer_paths ?? []) as readonly Path[], buffers);
      const entries = Object.entries(given).filter(([key]) => widget.accepts(key));
      const changes = Object.fromEntries(entries);
      // Other frontends see it too, and the one that sent it knows that it has come.
      const { state, paths, buffers: bytes } = separateBuffers(changes);
      comm.send({ method: "echo_update", state, buffer_paths: paths }, { buffers: bytes });
      widget.update(changes);
      break;
    }
    case "request_state":
      sendState(comm, widget.state());
      break;
    case "custom":
      widget.receive(data.content, buffers);
  }
}

/** A frontend that has just come, such as a page that was reloaded, asks for all widgets at once. */
function answerControl(comm: HostComm): void {
  comm.onMessage = ({ data }) => {
    if (data.method !== "request_states") return;
    const states: Record<string, unknown> = {};
    const paths: Path[] = [];
    const buffers: Uint8Array[] = [];
    for (const [modelId, widget] of widgets) {
      widget.flush();
      const separated = separateBuffers(widget.state());
      const { _model_name, _model_module, _model_module_version } = separated.state;
      states[modelId] = {
        ...{ model_name: _model_name, model_module: _model_module },
        ...{ model_module_version: _model_module_version, state: separated.state },
      };
      paths.push(...separated.paths.map((path) => [modelId, "state", ...path]));
      buffers.push(...separated.buffers);
    }
    comm.send({ method: "update_states", states, buffer_paths: paths }, { buffers });
  };
}
