/**
 * What the room's log adds up to, for one page. Pure: the log in, the state of the scene out.
 *
 * The same messages give the same state on every page, after a reload too; acting on it is the
 * stage's work.
 */
import { type LogMessage, type Role, textOf } from "../room/messages.ts";

export interface OpenTake {
  readonly id: string;
  readonly scene: string;
  /** Stage clock, Unix seconds. */
  readonly opened_at: number;
}

export interface Model {
  readonly scene: string;
  readonly ready: readonly Role[];
  readonly take: OpenTake | null;
  /** The take that was closed last. */
  readonly closed: string | null;
  /** Stage clock at which the running pause began; null while playing. */
  readonly paused_at: number | null;
  readonly paused_seconds: number;
  /** Who has said "go on" since the pause began. */
  readonly going_on: readonly Role[];
  /** Somebody said "and scene" and nobody objected yet. */
  readonly ending: { readonly by: Role; readonly at: number } | null;
  readonly left: readonly Role[];
  /** What the session is at, as the room said it last; empty before it said anything. */
  readonly state: string;
}

export const START: Model = {
  scene: "", ready: [], take: null, closed: null, paused_at: null, paused_seconds: 0,
  going_on: [], ending: null, left: [], state: "",
};

const PLAYERS: readonly Role[] = ["a", "b"];

/** The state after one more message. */
export function after(model: Model, message: LogMessage): Model {
  const { body, role, at } = message;
  switch (message.kind) {
    case "present":
      return { ...model, left: model.left.filter((one) => one !== role) };
    case "state":
      return { ...model, state: textOf(body, "state"), ready: [] };
    case "scene_chosen":
      return { ...model, scene: textOf(body, "scene"), ready: [] };
    case "ready":
      return { ...model, ready: withRole(model.ready, role) };
    case "take_opened":
      return openTake(model, message);
    case "take_closed":
      if (textOf(body, "take") !== model.take?.id) return model;
      return { ...model, take: null, closed: model.take.id, paused_at: null, going_on: [], ending: null };
    case "pause":
      if (!model.take || model.paused_at !== null) return model;
      return { ...model, paused_at: at, going_on: [], ending: null };
    case "resume":
      return resume(model, role, at);
    case "and_scene":
      if (!model.take || textOf(body, "take") !== model.take.id || model.paused_at !== null) return model;
      if (body["object"] === true) return { ...model, ending: null };
      return model.ending ? model : { ...model, ending: { by: role, at } };
    case "leave":
      return { ...model, left: withRole(model.left, role), ready: model.ready.filter((one) => one !== role) };
    default:
      return model;
  }
}

/** Seconds played until a time of the stage clock, pauses left out. */
export function played(model: Model, at: number): number {
  if (!model.take) return 0;
  const now = model.paused_at ?? at;
  return Math.max(0, now - model.take.opened_at - model.paused_seconds);
}

function openTake(model: Model, message: LogMessage): Model {
  const opened = message.body["opened_at"];
  const take: OpenTake = {
    id: textOf(message.body, "take"),
    scene: textOf(message.body, "scene"),
    opened_at: typeof opened === "number" ? opened : message.at,
  };
  return { ...model, take, ready: [], paused_at: null, paused_seconds: 0, going_on: [], ending: null };
}

function resume(model: Model, role: Role, at: number): Model {
  if (model.paused_at === null) return model;
  const going = withRole(model.going_on, role);
  // Only both together go on: whoever asked for the pause is not overruled, and nobody learns who it was.
  if (!PLAYERS.every((one) => going.includes(one))) return { ...model, going_on: going };
  const paused_seconds = model.paused_seconds + Math.max(0, at - model.paused_at);
  return { ...model, paused_at: null, paused_seconds, going_on: [] };
}

function withRole(roles: readonly Role[], role: Role): readonly Role[] {
  return roles.includes(role) ? roles : [...roles, role];
}
