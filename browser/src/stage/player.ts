/** One performer's stage: follows the room's log, acts on it, says what the performer does. */
import { post } from "../kit/boot.ts";
import { clientMs } from "../kit/clock.ts";
import { stayAwake } from "../kit/awake.ts";
import { finishLeftovers, letGo, type Leftovers } from "../recorder/resume.ts";
import { Call } from "../room/call.ts";
import { careForCall } from "../room/care.ts";
import { type LogMessage, type Role, textOf } from "../room/messages.ts";
import { RoomSocket, socketUrl } from "../room/socket.ts";
import type { Acts } from "./controls.ts";
import { callMedia, type CallMedia, keepCallMedia } from "./devices.ts";
import { Ending, sendRest } from "./ending.ts";
import { after, type Model, played, START } from "./model.ts";
import { Offering } from "./offering.ts";
import type { Answer } from "./offers.ts";
import { Hours } from "./hours.ts";
import { announce, Redraw, redraws } from "./refresh.ts";
import { BREAK, goAway } from "./rest.ts";
import type { StageBoot } from "./settings.ts";
import { type Prepared, prepare, TakeRecording } from "./take.ts";
import { Told } from "./told.ts";
import type { View } from "./view.ts";

/** The room's state after the last scene: the two still talk, nothing is recorded any more. */
const STEP_OUT = "step_out";

export class Stage implements Acts {
  #model: Model = START;
  #live = false;
  /** Closed until camera and voice are there; a click before waits in it. */
  readonly #socket: RoomSocket;
  #call!: Call;
  #cam: MediaStreamTrack | null = null;
  #voice: MediaStreamTrack | null = null;
  #take: TakeRecording | null = null;
  #partner: MediaStream | null = null;
  #kept: () => void = () => undefined;
  #next: Prepared | null = null;
  #leftovers: Leftovers | null = null;
  #callState = "waiting";
  readonly #told = new Told((body) => void this.#socket.send("device", body));
  readonly #offers: Offering;
  readonly #ending: Ending;
  readonly #hours: Hours;
  readonly #redraw: Redraw;

  constructor(
    private readonly boot: StageBoot,
    private readonly view: View,
  ) {
    this.#socket = new RoomSocket(socketUrl(boot.socket_url), {
      log: (message) => this.#hear(message),
      ping: (ping) => this.#take?.event("ping", { ...ping }),
      connected: (up) => this.#heardLine(up),
      here: (people) => view.here(people),
      error: (error) => view.noticeWords(error.says),
    });
    this.#offers = new Offering(boot, this.#socket, view, () => this.#take);
    this.#redraw = new Redraw(() => view.state(view.now));
    this.#hours = new Hours(boot.ends_at, () => void this.#redraw.now());
    this.#ending = new Ending(boot.role, {
      show: (by) => view.ending(by === null ? null : by === boot.role ? boot.alias : boot.partner.alias),
      close: (take) => void this.#socket.send("take_closed", { take, ended_by: "and_scene" }),
    });
  }

  async open(): Promise<void> {
    if (this.boot.state !== STEP_OUT) this.#next = prepare();
    ({ voice: this.#voice, cam: this.#cam } = await callMedia(this.boot));
    if (this.view.now === "left") this.#silence();
    else this.view.self(this.#cam);
    this.#leftovers = await finishLeftovers(() => undefined);
    letGo(this.#leftovers);
    if (this.view.now === "left") return;
    this.#call = new Call(this.boot, {
      send: (kind, body) => void this.#socket.send(kind, body),
      media: (role, stream) => role === this.boot.partner.role && this.#showPartner(stream),
      state: (role, state) => this.#heardCall(role, state),
    });
    this.#send();
    this.#kept = keepCallMedia(this.boot, { voice: this.#voice, cam: this.#cam }, {
      got: (media) => this.#newMedia(media),
      says: (key) => this.view.device(key),
      noted: (kind) => this.#take?.event("glitch", { kind }),
    });
    this.#socket.open();
    this.#call.announce("stage");
    careForCall({
      connection: () => this.#call.connection(this.boot.partner.role),
      sent: () => this.#take?.sent() ?? 0,
      cap: (rate) => [this.#take, this.#leftovers].forEach((one) => one?.setRate(rate)),
      delay: (key) => this.view.delay(key),
      quality: (quality) => this.#take?.event("partner_state", { state: this.#callState, ...quality }),
    });
    setInterval(() => this.#second(), 250);
    stayAwake();
  }

  // --- what the performer does --------------------------------------------------------------

  say(kind: string, body: Readonly<Record<string, unknown>> = {}): void {
    void this.#socket.send(kind, { ...this.#named(), ...body });
  }

  #named(): Readonly<Record<string, unknown>> {
    return this.#model.take ? { take: this.#model.take.id } : {};
  }

  ready(scene: string): void {
    this.view.notice("stage.waiting_ready", { name: this.boot.partner.alias });
    void this.#socket.send("ready", scene ? { scene } : {});
  }

  choose(card: Readonly<Record<string, unknown>>): void {
    void this.#socket.send("scene_chosen", card);
  }

  andScene(): void {
    if (this.view.now !== "playing" || this.#model.ending) return;
    this.say("and_scene");
  }

  notYet(): void {
    if (this.#model.ending) this.say("and_scene", { object: true });
  }

  pause(why: "pause" | "someone_in"): void {
    if (this.view.now !== "playing") return;
    // Here at once; the room follows.
    this.#pauseHere(why);
    this.say("pause", { why });
  }

  goOn(): void {
    if (this.view.now !== "paused") return;
    this.say("resume");
    this.view.notice("stage.waiting_go_on");
  }

  deal(): void {
    if (this.view.now === "playing") this.say("cue", { pull: true });
  }

  answer(answer: Answer): boolean {
    return this.#offers.answer(answer);
  }

  showOffer(): void {
    this.#offers.again();
  }

  /** Out, now: everything local stops before anybody is told. */
  leave(): void {
    const take = this.#named();
    this.#take?.event("leave");
    const whole = this.#take?.stop() ?? Promise.resolve();
    this.#silence();
    this.#showPartner(null);
    this.view.lamp(false);
    this.view.call("waiting");
    this.view.state("left");
    // Closing connections can take the browser a while; nothing flows through them any more.
    setTimeout(() => this.#call?.close(), 0);
    const told = this.#socket.send("leave", take);
    const posted = post(this.boot.leave_url, take, true);
    void goAway(this.boot.left_url, whole, told, posted);
  }

  #silence(): void {
    this.#letGo();
    this.#kept();
    this.#voice?.stop();
    this.#cam?.stop();
    this.view.self(null);
  }

  /** The microphone that was opened for a next take. */
  #letGo(): void {
    this.#next?.mic.then((mic) => mic.stop()).catch(() => undefined);
    this.#next = null;
  }

  #send(): void {
    this.#call.setTracks([this.#voice, this.#cam].filter((track) => track !== null));
  }

  /** A device came back, or another took its place: the call goes on with it. */
  #newMedia(media: CallMedia): void {
    const seen = media.cam !== this.#cam;
    ({ voice: this.#voice, cam: this.#cam } = media);
    this.#mute(this.view.now === "paused");
    if (seen) this.view.self(this.#cam);
    this.#take?.camera(this.#cam);
    this.#send();
  }

  // --- what the room says --------------------------------------------------------------------

  #hear(message: LogMessage): void {
    if (this.view.now === "left") return;
    const before = this.#model;
    this.#model = after(before, message);
    this.#call.hear(message);
    announce(message, this.boot.heard);
    if (redraws(message, this.boot.heard) && !this.#model.take) void this.#redraw.now();
    if (!this.#live) {
      // The echo of our own arrival: what came before it is history.
      const mine = message.kind === "present" && textOf(message.body, "peer") === this.#call.id;
      if (mine) this.#goLive();
      return;
    }
    this.#act(before, message);
  }

  #goLive(): void {
    this.#live = true;
    const { take, closed } = this.#model;
    // The room went into a break while this page was drawn.
    if (this.#model.state === BREAK) return this.#rest();
    if (take) void this.#openTake(this.boot.take?.id === take.id ? "reload" : "start");
    else if (this.boot.take && closed === this.boot.take.id) this.#toNotes(closed);
  }

  #act(before: Model, message: LogMessage): void {
    const now = this.#model;
    if (now.take && now.take.id !== before.take?.id) void this.#openTake("start");
    if (before.take && !now.take) void this.#closeTake(before.take.id);
    if (now.take && now.paused_at !== null && before.paused_at === null) {
      this.#pauseHere(textOf(message.body, "why") || "pause");
    }
    if (now.take && now.paused_at === null && before.paused_at !== null) void this.#goOnHere();
    if (now.ending !== before.ending) this.#ending.follow(now);
    if (message.kind === "cue" && now.take) this.#offers.hear(message);
    if (message.kind === "ready" && message.role === this.boot.partner.role && !now.take) {
      this.view.notice("stage.partner_ready", { name: this.boot.partner.alias });
    }
    if (message.kind === "leave" && message.role === this.boot.partner.role) {
      this.view.notice("stage.partner_left", { name: this.boot.partner.alias });
    }
    if (message.kind === "state" && now.state === BREAK) return this.#rest();
    if (message.kind === "state" && now.state === STEP_OUT) this.#letGo();
  }

  /** A break is a page of its own: here everything stops, there nothing is asked for. */
  #rest(): void {
    this.#silence();
    this.#showPartner(null);
    this.#call.close();
    location.reload();
  }

  async #openTake(reason: "start" | "reload"): Promise<void> {
    const take = this.#model.take;
    if (!take) return;
    this.view.notice("");
    if (this.#model.paused_at !== null) {
      // Back in a pause: nothing is written until both go on.
      this.view.blank(true);
      return this.view.state("paused");
    }
    this.view.state("opening");
    this.#socket.burst();
    const recording = new TakeRecording(take.id, this.boot, this.#next ?? prepare(), {
      taking: () => this.#lampOn(take.id),
      recording: () => this.#told.tell({ state: "recording", take: take.id }),
      level: (level) => this.#offers.level(level.rms_db, level.t),
      silent: (code, says) => this.#silent(code, says),
      picture: (camera) => this.#told.camera(camera),
    });
    this.#next = null;
    this.#take = recording;
    recording.partner(this.#partner);
    await recording.start(this.#cam, reason);
  }

  #lampOn(take: string): void {
    if (this.#model.take?.id !== take || this.view.now === "paused") return;
    this.view.trouble("");
    this.view.lamp(true);
    if (["opening", "refused"].includes(this.view.now)) this.view.state("playing");
  }

  #silent(code: string, says: string): void {
    this.view.lamp(false);
    if (says) this.view.troubleWords(code, says);
    else this.view.trouble(code);
    if (!this.#take?.started) this.view.state("refused");
    this.#told.tell({ state: "trouble", code, take: this.#take?.id ?? "" });
  }

  async #closeTake(id: string): Promise<void> {
    const take = this.#take;
    this.#take = null;
    this.#ending.stop();
    this.#offers.clear();
    this.view.blank(false);
    this.view.lamp(false);
    if (!take?.started) {
      // It may still be waiting for a microphone.
      void take?.stop();
      return this.#afterTake(id, false);
    }
    this.view.state("closing");
    await take.stop();
    this.#told.tell({ state: "stopped", take: id });
    this.view.state("closed");
    await sendRest(take, this.view);
    this.#afterTake(id, true);
  }

  #afterTake(id: string, recorded: boolean): void {
    if (recorded) return this.#toNotes(id);
    this.#next = prepare();
    this.view.state("warm_up");
    void this.#redraw.now();
  }

  #toNotes(take: string): void {
    if (this.boot.notes_url) location.assign(this.boot.notes_url.replace("{take}", take));
    else this.view.state("closed");
  }

  #pauseHere(why: string): void {
    if (this.view.now === "paused") return;
    this.#take?.pause(why);
    this.#offers.pause(true);
    this.#mute(true);
    this.view.lamp(false);
    this.view.blank(true);
    this.view.notice("");
    this.view.state("paused");
  }

  async #goOnHere(): Promise<void> {
    this.#offers.pause(false);
    this.#mute(false);
    this.view.blank(false);
    this.view.notice("");
    if (!this.#take) return this.#openTake("reload");
    this.#take.goOn();
    this.view.state("playing");
    this.view.lamp(true);
    // A pause that came before the first sample kept this from being said.
    this.#told.tell({ state: "recording", take: this.#take.id });
  }

  /** What the partner gets of us; the recorder has its own microphone. */
  #mute(on: boolean): void {
    for (const track of [this.#voice, this.#cam]) if (track) track.enabled = !on;
  }

  #heardLine(up: boolean): void {
    this.view.notice(up ? "" : this.#take ? "stage.reconnecting" : "room.reconnecting");
    this.#call.line(up);
  }

  #heardCall(role: Role, state: "waiting" | "connecting" | "connected" | "lost"): void {
    if (role !== this.boot.partner.role) return;
    this.#callState = state;
    this.view.call(state);
    this.#take?.event("partner_state", { state });
    if (state === "lost") this.view.notice("stage.partner_lost", { name: this.boot.partner.alias });
    if (state === "connected") this.view.notice("");
    if (state === "waiting") this.#showPartner(null);
  }

  /** Who is seen and heard here is also recorded as heard, while a take runs. */
  #showPartner(media: MediaStream | null): void {
    this.#partner = media;
    this.view.partner(media);
    this.#take?.partner(media);
  }

  #second(): void {
    const at = this.#socket.clock.at(clientMs());
    if (this.#model.take) this.view.played(played(this.#model, at));
    this.#offers.tick();
    // Between scenes the table says it.
    this.view.lastOne(this.#hours.lastOne(at) && this.view.now === "playing");
  }
}
