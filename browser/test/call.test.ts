/** The call and the director's words about it: with a connection whose state this test sets. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Seats } from "../src/director/seats.ts";
import { Call } from "../src/room/call.ts";
import type { Body, LogMessage, Role } from "../src/room/messages.ts";

class FakeConnection {
  static all: FakeConnection[] = [];
  iceConnectionState = "new";
  connectionState = "new";
  signalingState = "stable";
  localDescription: unknown = null;
  restarts = 0;
  closed = false;
  onicecandidate: ((event: { candidate: null }) => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: { track: { kind: string } }) => void) | null = null;
  refuses = false;
  constructor() {
    FakeConnection.all.push(this);
  }
  /** With `event` as browsers do; without it as one that missed telling. */
  become(state: string, event = true): void {
    this.iceConnectionState = state;
    if (event) this.oniceconnectionstatechange?.();
  }
  restartIce(): void {
    this.restarts += 1;
  }
  senders: { track: { kind: string } | null; replaceTrack(track: { kind: string }): Promise<void> }[] = [];
  getSenders(): unknown[] {
    return this.senders;
  }
  addTrack(track: { kind: string }): unknown {
    const sender = {
      track: track as { kind: string } | null,
      async replaceTrack(next: { kind: string }): Promise<void> {
        sender.track = next;
      },
      getParameters: () => ({ encodings: [] }),
      setParameters: async () => undefined,
    };
    this.senders.push(sender);
    return sender;
  }
  async setRemoteDescription(description: { type: string }): Promise<void> {
    if (this.refuses) throw new Error("refused");
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
  }
  async setLocalDescription(): Promise<void> {
    await Promise.resolve();
    this.signalingState = "stable";
    this.localDescription = { type: "answer", sdp: "v=0" };
  }
  close(): void {
    this.closed = true;
  }
}
class FakeStream {
  tracks: { kind: string }[] = [];
  getTracks(): { kind: string }[] {
    return this.tracks;
  }
  addTrack(track: { kind: string }): void {
    this.tracks.push(track);
  }
}
Object.assign(globalThis, { RTCPeerConnection: FakeConnection, MediaStream: FakeStream });

let nth = 0;
const said = (role: Role, kind: string, body: Body = {}): LogMessage => ({
  type: "log", id: ++nth, kind, sender: role, role, body, at: 1,
});

interface Page {
  readonly call: Call;
  readonly seats: Seats;
  readonly sent: { readonly kind: string; readonly body: Body }[];
  readonly media: Role[];
  of(nth: number): FakeConnection;
  word(role: Role): string;
}

function page(role: "a" | "b" | "director"): Page {
  const seats = new Seats();
  const sent: { kind: string; body: Body }[] = [];
  const media: Role[] = [];
  const call = new Call({ role, ice_servers: [], ice_policy: "all" }, {
    send: (kind, body) => void sent.push({ kind, body }),
    media: (from) => void media.push(from),
    state: (from, state) => seats.heardCall(from, state),
  });
  call.announce("page");
  return {
    call, seats, sent, media,
    of: (one) => FakeConnection.all[one] as FakeConnection,
    word: (from) => seats.words(from, null).call.replace("director.call_", ""),
  };
}

/** The page's own word comes back, which makes it live. */
const echo = ({ call }: Page, role: Role): void => call.hear(said(role, "present", { peer: call.id }));

function desk(): Page {
  const made = page("director");
  made.call.hear(said("a", "present", { peer: "ada-1" }));
  made.call.hear(said("b", "present", { peer: "noor-1" }));
  echo(made, "director");
  return made;
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  FakeConnection.all = [];
});

test("a seat's words follow its connection though the browser tells nothing", () => {
  const { of, word } = desk();
  assert.deepEqual([word("a"), word("b")], ["connecting", "connecting"]);
  of(0).become("connected");
  of(1).become("connected", false);
  assert.deepEqual([word("a"), word("b")], ["connected", "connecting"]);
  mock.timers.tick(1000);
  assert.deepEqual([word("a"), word("b")], ["connected", "connected"]);
  mock.timers.tick(60_000);
  assert.equal(FakeConnection.all.length, 2, "nor is a connection given up that stands");
});

test("a path that is found again is told once, and one restart is asked per loss", () => {
  const { of, word } = desk();
  of(0).become("connected");
  of(0).become("disconnected", false);
  mock.timers.tick(1000);
  assert.equal(word("a"), "lost");
  mock.timers.tick(6000);
  assert.equal(of(0).restarts, 1);
  of(0).become("checking");
  assert.equal(word("a"), "connecting");
  of(0).become("completed", false);
  mock.timers.tick(1000);
  assert.equal(word("a"), "connected");
});

test("what an earlier page of a seat still says is not taken for the new one", () => {
  const { call, media, of, sent, word } = desk();
  of(0).become("connected");
  call.hear(said("a", "present", { peer: "ada-2" }));
  assert.equal(of(0).closed, true);
  of(2).become("connected");
  const before = sent.length;
  of(0).become("disconnected");
  of(0).ontrack?.({ track: { kind: "audio" } });
  of(0).onicecandidate?.({ candidate: null });
  mock.timers.tick(3000);
  assert.deepEqual([word("a"), media, sent.length, of(0).restarts], ["connected", [], before, 0]);
});

test("a seat without a path says so after the last try, and again when it comes back", () => {
  const made = desk();
  for (let tries = 0; tries < 3; tries++) {
    const own = made.call.id;
    mock.timers.tick(15_000);
    assert.notEqual(made.call.id, own, "the call begins anew under a new id");
    echo(made, "director");
    assert.equal(made.word("a"), "connecting");
  }
  mock.timers.tick(15_000);
  assert.equal(made.word("a"), "lost");
  made.call.hear(said("a", "present", { peer: "ada-2" }));
  assert.equal(made.word("a"), "connecting");
});

test("a desk that closes leaves the call of the two as it is", () => {
  const made = page("a");
  made.call.hear(said("b", "present", { peer: "noor-1" }));
  echo(made, "a");
  made.call.hear(said("director", "present", { peer: "desk-1" }));
  for (const nth of [0, 1]) made.of(nth).become("connected");
  const own = made.call.id;
  made.of(1).become("disconnected");
  mock.timers.tick(15_000);
  assert.deepEqual([made.of(0).closed, made.of(1).closed, made.call.id], [false, true, own]);
  made.call.hear(said("director", "present", { peer: "desk-2" }));
  assert.equal(FakeConnection.all.length, 3, "a desk that comes back is met again");
});

test("a description that is refused does not leave the next one waiting", async () => {
  const made = page("a");
  made.call.hear(said("b", "present", { peer: "noor-1" }));
  echo(made, "a");
  const signal = (type: string): void =>
    made.call.hear(said("b", "signal", { peer: "noor-1", for: made.call.id, description: { type, sdp: "" } }));
  const warned = mock.method(console, "warn", () => undefined);
  made.of(0).refuses = true;
  signal("answer");
  for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  assert.equal(warned.mock.callCount(), 1);
  made.of(0).refuses = false;
  // Our own offer stands: theirs is the one that yields, also after the fault.
  made.of(0).signalingState = "have-local-offer";
  signal("offer");
  for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  assert.equal(made.of(0).localDescription, null);
  warned.mock.restore();
});

const presents = ({ sent }: Page): Body[] => sent.filter((one) => one.kind === "present").map((one) => one.body);

test("a page whose line to the room came back says so under its own name, and the call stands", () => {
  const made = page("a");
  made.call.line(true);
  assert.equal(presents(made).length, 1, "the first line is no return");
  made.call.hear(said("b", "present", { peer: "noor-1" }));
  echo(made, "a");
  made.of(0).become("connected");
  made.call.line(false);
  made.call.line(true);
  assert.deepEqual(presents(made), [{ peer: made.call.id, page: "page" }, { peer: made.call.id, page: "again" }]);
  echo(made, "a");
  // The other side hears the same page: nothing begins anew there either.
  made.call.hear(said("b", "present", { peer: "noor-1", page: "again" }));
  assert.deepEqual([FakeConnection.all.length, made.of(0).closed], [1, false]);
});

test("no try is spent while nobody can be called, and a call that was given up begins with the line", () => {
  const made = page("a");
  made.call.hear(said("b", "present", { peer: "noor-1" }));
  echo(made, "a");
  made.call.line(false);
  const first = made.call.id;
  mock.timers.tick(15_000);
  const own = made.call.id;
  assert.notEqual(own, first);
  made.call.line(true);
  echo(made, "a");
  for (let tries = 0; tries < 3; tries++) {
    mock.timers.tick(15_000);
    echo(made, "a");
  }
  const last = made.call.id;
  mock.timers.tick(15_000);
  assert.deepEqual([made.word("b"), made.call.id], ["lost", last]);
  made.call.line(false);
  made.call.line(true);
  assert.notEqual(made.call.id, last);
  echo(made, "a");
  assert.equal(made.word("b"), "connecting");
});

test("the same page of the other side, after it was given up, is called anew", () => {
  const made = desk();
  for (let tries = 0; tries < 3; tries++) {
    mock.timers.tick(15_000);
    echo(made, "director");
  }
  mock.timers.tick(15_000);
  const own = made.call.id;
  made.call.hear(said("a", "present", { peer: "ada-1", page: "again" }));
  assert.notEqual(made.call.id, own);
  echo(made, "director");
  assert.equal(made.word("a"), "connecting");
});

test("a desk whose connections died with its line begins anew, one that kept them does not", () => {
  const made = desk();
  for (const nth of [0, 1]) made.of(nth).become("connected");
  const own = made.call.id;
  made.call.line(false);
  made.call.line(true);
  assert.equal(made.call.id, own);
  made.call.line(false);
  made.of(0).become("disconnected");
  made.call.line(true);
  assert.notEqual(made.call.id, own);
});

test("keys that cannot be agreed on are no path", () => {
  const made = page("a");
  made.call.hear(said("b", "present", { peer: "noor-1" }));
  echo(made, "a");
  made.of(0).become("connected");
  made.of(0).connectionState = "failed";
  mock.timers.tick(1000);
  assert.equal(made.word("b"), "lost");
});

test("a device that comes back takes its place, one that comes late is added", async () => {
  const track = (kind: string): MediaStreamTrack => ({ kind }) as MediaStreamTrack;
  const made = page("a");
  const [mic, camera, other] = [track("audio"), track("video"), track("audio")];
  made.call.setTracks([mic]);
  made.call.hear(said("b", "present", { peer: "noor-1" }));
  echo(made, "a");
  const sent = (): unknown[] => made.of(0).senders.map((one) => one.track);
  assert.deepEqual(sent(), [mic]);
  made.call.setTracks([mic, camera]);
  made.call.setTracks([other, camera]);
  for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  assert.deepEqual(sent(), [other, camera]);
  // The polite side waits for the other's offer: what changes meanwhile is sent with the answer.
  const polite = page("b");
  polite.call.setTracks([mic]);
  polite.call.hear(said("a", "present", { peer: "ada-1" }));
  echo(polite, "b");
  polite.call.setTracks([other, camera]);
  assert.deepEqual(polite.of(1).senders, []);
  mock.timers.tick(3000);
  assert.deepEqual(polite.of(1).senders.map((one) => one.track), [other, camera]);
});

test("a seat is recorded in this take only, and not in a pause", () => {
  const seats = new Seats();
  const files = (take: string | null): string => seats.words("a", take).files.replace("director.files_", "");
  assert.equal(files("one"), "stopped");
  seats.hear(said("a", "device", { state: "recording", take: "one" }));
  assert.deepEqual([files("one"), files(null), files("two")], ["recording", "stopped", "stopped"]);
  seats.hear(said("a", "device", { state: "trouble", take: "one", code: "stage.mic_lost" }));
  assert.deepEqual([files("one"), files(null)], ["trouble", "trouble"]);
  seats.hear(said("a", "device", { state: "stopped", take: "one" }));
  assert.equal(files("one"), "stopped");
  seats.hear(said("a", "device", { state: "nonsense", take: "one" }));
  assert.equal(files("one"), "stopped");
  seats.hear(said("a", "device", { state: "trouble" }));
  seats.hear(said("a", "present", { peer: "x", page: "again" }));
  assert.equal(files("one"), "trouble");
  for (const [kind, body] of [["leave", {}], ["present", { peer: "y", page: "stage" }]] as const) {
    seats.hear(said("a", "device", { state: "trouble" }));
    seats.hear(said("a", kind, body));
    assert.equal(files("one"), "stopped");
  }
});
