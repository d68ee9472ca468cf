/** What the server tells the stage; README.md, Stage. */
import type { CameraWish } from "../kit/media.ts";
import type { Role } from "../room/messages.ts";

export interface StageBoot {
  readonly session: string;
  readonly role: "a" | "b";
  readonly alias: string;
  readonly partner: { readonly role: "a" | "b"; readonly alias: string };
  readonly socket_url: string;
  readonly streams_url: string;
  readonly state: string;
  /** Id of the newest message of the room when the page was drawn. */
  readonly heard: number;
  readonly take: {
    readonly id: string;
    readonly scene: string;
    readonly opened_at: number;
    readonly paused: boolean;
    readonly paused_seconds: number;
  } | null;
  readonly ice_servers: RTCIceServer[];
  readonly ice_policy: RTCIceTransportPolicy;
  readonly call: { readonly raw: boolean };
  readonly camera: CameraWish;
  readonly encoding: "s24" | "f32";
  readonly cue_wait: boolean;
  readonly keep_minutes: number;
  /** Stage clock, Unix seconds; null where the booking has no end. */
  readonly ends_at: number | null;
  readonly leave_url: string;
  readonly left_url: string;
  readonly notes_url: string;
}

/** The page's state, as `<body data-state>` says it. */
export type PageState =
  | "warm_up" | "opening" | "playing" | "paused" | "closing" | "closed" | "left" | "refused";

export type PlayerRole = Exclude<Role, "director" | "server">;
