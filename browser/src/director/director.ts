/** The director's desk of one room: sees and hears both, sends cues, can pause. Records nothing. */
import { needBoot, text } from "../kit/boot.ts";
import { clientMs, minutesSeconds } from "../kit/clock.ts";
import { all, one, onClick, say } from "../kit/dom.ts";
import { Call } from "../room/call.ts";
import { type LogMessage, type Person, type Role, textOf } from "../room/messages.ts";
import { RoomSocket, socketUrl } from "../room/socket.ts";
import { after, type Model, played, START } from "../stage/model.ts";
import { Seats } from "./seats.ts";

interface Boot {
  readonly session: string;
  readonly role: "director";
  readonly alias: string;
  readonly socket_url: string;
  readonly ice_servers: RTCIceServer[];
  readonly ice_policy: RTCIceTransportPolicy;
  readonly people: Readonly<Record<"a" | "b", string>>;
}

const boot = needBoot<Boot>();
let model: Model = START;
const seats = new Seats();

const call = new Call(boot, {
  send: (kind, body) => void socket.send(kind, body),
  media(role, stream) {
    const video = one<HTMLVideoElement>(`video[data-seat="${role}"]`);
    if (!video) return;
    video.srcObject = stream;
    video.play().catch(() => undefined);
  },
  state(role, state) {
    seats.heardCall(role, state);
    showSeats();
  },
});

const socket = new RoomSocket(socketUrl(boot.socket_url), {
  log: hear,
  here: showHere,
  connected(up) {
    say("data-notice", up ? "" : text("room.reconnecting"));
    call.line(up);
  },
  error: (error) => say("data-notice", error.says),
});
socket.open();
call.announce("director");

function hear(message: LogMessage): void {
  model = after(model, message);
  call.hear(message);
  seats.hear(message);
  showSeats();
  if (message.kind === "cue_displayed") tellCue(message, "director.cue_shown");
  if (message.kind === "cue_response") tellCue(message, `director.cue_${textOf(message.body, "response")}`);
  document.body.dataset["state"] = model.take ? (model.paused_at === null ? "playing" : "paused") : "waiting";
  document.body.dispatchEvent(new CustomEvent(`room:${message.kind}`, { detail: message, bubbles: true }));
}

function nameOf(role: Role): string {
  return role === "a" || role === "b" ? boot.people[role] : "";
}

function tellCue(message: LogMessage, key: string): void {
  say("data-notice", text(key, { name: nameOf(message.role) }));
}

function showSeats(): void {
  for (const seat of all<HTMLElement>("[data-seat-state]")) {
    const role = seat.dataset["seatState"] as Role;
    // A paused scene is not recorded.
    const { call: line, files } = seats.words(role, model.paused_at === null ? (model.take?.id ?? null) : null);
    const words = `${text(line)}, ${text(files)}`;
    if (seat.textContent !== words) seat.textContent = words;
  }
}

function showHere(people: readonly Person[]): void {
  const names = people.map((person) => (person.role === "director" ? text("director.you", { name: person.alias }) : person.alias));
  say("data-here", new Intl.ListFormat(document.documentElement.lang || "en").format(names));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-cue-form]")) return;
  event.preventDefault();
  const fields = new FormData(form);
  const field = (name: string): string => String(fields.get(name) ?? "").trim();
  const strength = Number(field("aim_intensity"));
  const body = {
    to: field("to"), action: field("action"), aim_emotion: field("aim_emotion"),
    ...(strength ? { aim_intensity: strength } : {}),
  };
  void socket.send("cue", body).then((stored) => {
    if (stored) say("data-notice", text("director.cue_offered", { name: nameOf(body.to as Role) }));
  });
});
onClick('[data-act="pause"]', () => void socket.send("pause", model.take ? { take: model.take.id, why: "pause" } : {}));
onClick('[data-act="enter"]', () => {
  for (const video of all<HTMLVideoElement>("video[data-seat]")) video.play().catch(() => undefined);
});
setInterval(() => say("data-played", minutesSeconds(played(model, socket.clock.at(clientMs())))), 500);
showSeats();
