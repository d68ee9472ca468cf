/** What the room socket carries; see README.md for the bodies. */

export type Role = "a" | "b" | "director" | "server";

export type Body = Readonly<Record<string, unknown>>;

/** One stored message of the room, the same for everybody and in one order. */
export interface LogMessage {
  readonly type: "log";
  readonly id: number;
  readonly kind: string;
  readonly sender: string;
  readonly role: Role;
  readonly body: Body;
  /** Stage clock: Unix seconds of the server. */
  readonly at: number;
  readonly nonce?: string;
}

export interface Pong {
  readonly type: "pong";
  /** Ours, client milliseconds. */
  readonly t0: number;
  /** Received and sent, the server's Unix seconds. */
  readonly t1: number;
  readonly t2: number;
}

export interface Person {
  readonly role: Role;
  readonly alias: string;
}

/** The room refused something; `nonce` is that of the message it refused. */
export interface RoomError {
  readonly type: "error";
  readonly code?: string;
  readonly says: string;
  readonly kind?: string;
  readonly nonce?: string;
}

export type FromRoom =
  | LogMessage
  | Pong
  | { readonly type: "here"; readonly people: readonly Person[] }
  | RoomError;

/** A field of a body as text, empty where it is none. */
export function textOf(body: Body, field: string): string {
  const value = body[field];
  return typeof value === "string" ? value : "";
}

export function numberOf(body: Body, field: string): number | null {
  const value = body[field];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
