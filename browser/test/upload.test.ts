/** The uploader against a door of this test that loses answers, bytes, tokens and itself. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32c } from "../src/recorder/crc32c.ts";
import { Pace } from "../src/recorder/pace.ts";
import { StreamHash } from "../src/recorder/streamhash.ts";
import { Door } from "../src/recorder/tus.ts";
import { PIECE, type Source, Upload } from "../src/recorder/upload.ts";

const STREAM = "01890a5d-ac96-774b-bcce-b302099a8057";

/** A door in memory. `fault` may answer in its place, before or after the bytes are kept. */
class FakeDoor {
  bytes: Uint8Array | null = null;
  length: number | null = null;
  hash: string | null = null;
  token = "good";
  requests: string[] = [];
  largest = 0;
  exposes = true;
  seals = true;
  fault: (method: string, nth: number) => "drop" | "after" | number | null = () => null;

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const method = init.method ?? "GET";
    this.requests.push(method);
    const fault = this.fault(method, this.requests.length);
    if (fault === "drop") throw new TypeError("Failed to fetch");
    if (typeof fault === "number") return new Response(null, { status: fault });
    const response = this.#answer(method, url, new Headers(init.headers), init.body as Uint8Array | undefined);
    if (fault === "after") throw new TypeError("Failed to fetch");
    return response;
  };

  #answer(method: string, url: string, headers: Headers, body?: Uint8Array): Response {
    if (headers.get("Authorization") !== `Bearer ${this.token}`) return new Response(null, { status: 401 });
    if (method === "POST") {
      this.bytes ??= new Uint8Array(0);
      return this.#ok(201);
    }
    assert.match(url, new RegExp(`/uploads/${STREAM}(/receipt)?$`));
    if (this.bytes === null) return new Response(null, { status: 404 });
    if (method === "HEAD") return this.#ok(200);
    if (method === "GET") return this.#receipt();
    assert.equal(method, "PATCH");
    assert.ok(body);
    this.largest = Math.max(this.largest, body.length);
    if (Number(headers.get("Upload-Offset")) !== this.bytes.length) return new Response(null, { status: 409 });
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32c(body));
    assert.equal(headers.get("Upload-Checksum"), `crc32c ${sum.toString("base64")}`);
    this.bytes = Buffer.concat([this.bytes, body]);
    if (headers.has("Upload-Length")) {
      this.length = Number(headers.get("Upload-Length"));
      this.hash = headers.get("Upload-Stream-Hash");
    }
    return this.#ok(204);
  }

  #ok(status: number): Response {
    if (!this.exposes && status === 204) return new Response(null, { status });
    const headers = new Headers({ "Upload-Offset": String(this.bytes?.length ?? 0) });
    if (this.length !== null) headers.set("Upload-Length", String(this.length));
    return new Response(null, { status, headers });
  }

  #receipt(): Response {
    if (!this.seals || this.length === null) return new Response(null, { status: 404 });
    return Response.json({ stream: STREAM, length: this.length, hash: this.hash, sealed_at: 12.5 });
  }
}

class Memory implements Source {
  flushed: number;
  done = true;
  constructor(readonly bytes: Uint8Array) {
    this.flushed = bytes.length;
  }
  durable = (): number => this.flushed;
  finished = (): boolean => this.done;
  read = (at: number, length: number): Uint8Array<ArrayBuffer> => {
    assert.ok(at + length <= this.flushed, "only flushed bytes may be sent");
    return new Uint8Array(this.bytes.slice(at, at + length));
  };
  async hash(): Promise<string> {
    const hash = new StreamHash();
    hash.update(this.bytes.subarray(0, this.flushed));
    return hash.hex();
  }
}

const noise = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, at) => (at * 2654435761) >>> 24);
const sha = (bytes: Uint8Array | null): string => createHash("sha256").update(bytes ?? "").digest("hex");
const quick = { wait: async (): Promise<void> => {} };
const doorTo = (fake: FakeDoor, token = "good"): Door =>
  new Door({ stream: STREAM, door_url: "http://door.test/uploads", token }, fake.fetch);

test("a whole file arrives in pieces of at most 256 KiB, is declared and sealed", async () => {
  const fake = new FakeDoor();
  const source = new Memory(noise(PIECE * 2 + 17));
  const end = await new Upload(source, doorTo(fake), new Pace(), quick).run();
  assert.deepEqual(end, { is: "sealed", at: 12.5 });
  assert.equal(sha(fake.bytes), sha(source.bytes));
  assert.equal(fake.largest, PIECE);
  assert.equal(fake.length, source.bytes.length);
  assert.equal(fake.hash, await source.hash());
});

test("an empty stream is declared too", async () => {
  const fake = new FakeDoor();
  const end = await new Upload(new Memory(noise(0)), doorTo(fake), new Pace(), quick).run();
  assert.equal(end.is, "sealed");
  assert.equal(fake.length, 0);
});

for (const fault of ["drop", "after", 409, 460, 503] as const) {
  test(`every third request fails (${fault}) and nothing is lost or doubled`, async () => {
    const fake = new FakeDoor();
    fake.fault = (_, nth) => (nth % 3 === 0 ? fault : null);
    const source = new Memory(noise(PIECE * 3 + 5));
    const end = await new Upload(source, doorTo(fake), new Pace(), quick).run();
    assert.equal(end.is, "sealed");
    assert.equal(sha(fake.bytes), sha(source.bytes));
  });
}

test("a door that forgot bytes gets them again", async () => {
  const fake = new FakeDoor();
  const source = new Memory(noise(PIECE * 2));
  let forgot = false;
  fake.fault = (method) => {
    if (method === "PATCH" && !forgot && (fake.bytes?.length ?? 0) === PIECE) {
      forgot = true;
      fake.bytes = (fake.bytes as Uint8Array).slice(0, 1000);
    }
    return null;
  };
  const end = await new Upload(source, doorTo(fake), new Pace(), quick).run();
  assert.ok(forgot);
  assert.equal(end.is, "sealed");
  assert.equal(sha(fake.bytes), sha(source.bytes));
});

test("an answer whose headers cannot be read still moves on", async () => {
  const fake = new FakeDoor();
  fake.exposes = false;
  const source = new Memory(noise(PIECE + 1));
  assert.equal((await new Upload(source, doorTo(fake), new Pace(), quick).run()).is, "sealed");
});

test("a spent token is renewed; without a fresh one the bytes stay here", async () => {
  const fake = new FakeDoor();
  const source = new Memory(noise(1000));
  const refused = await new Upload(source, doorTo(fake, "spent"), new Pace(), quick).run();
  assert.deepEqual(refused, { is: "refused", why: "door 401" });
  assert.equal(fake.bytes, null);
  const asked: string[] = [];
  const end = await new Upload(source, doorTo(fake, "spent"), new Pace(), {
    ...quick,
    renew: async (reason) => {
      asked.push(reason);
      return doorTo(fake);
    },
  }).run();
  assert.equal(end.is, "sealed");
  assert.deepEqual(asked, ["renew"]);
});

test("a stream the door closed is sent again under a new one", async () => {
  const fake = new FakeDoor();
  let closed = true;
  fake.fault = () => (closed ? 410 : null);
  const end = await new Upload(new Memory(noise(10)), doorTo(fake), new Pace(), {
    ...quick,
    renew: async (reason) => {
      assert.equal(reason, "suspect");
      closed = false;
      return doorTo(fake);
    },
  }).run();
  assert.equal(end.is, "sealed");
});

test("a receipt that differs keeps the local bytes", async () => {
  const fake = new FakeDoor();
  const source = new Memory(noise(2000));
  const upload = new Upload(source, doorTo(fake), new Pace(), {
    ...quick,
    declared: () => {
      fake.hash = "0".repeat(64);
    },
  });
  assert.deepEqual(await upload.run(), { is: "refused", why: "receipt_wrong" });
});

test("too large is final", async () => {
  const fake = new FakeDoor();
  fake.fault = (method) => (method === "PATCH" ? 413 : null);
  const end = await new Upload(new Memory(noise(10)), doorTo(fake), new Pace(), quick).run();
  assert.deepEqual(end, { is: "refused", why: "door 413" });
});

test("a growing stream is sent about once a second and only as far as it is flushed", async () => {
  const fake = new FakeDoor();
  const source = new Memory(noise(200_000));
  source.done = false;
  source.flushed = 0;
  let clock = 0;
  const patches: number[] = [];
  const upload = new Upload(source, doorTo(fake), new Pace(), {
    now: () => clock,
    sent: (offset) => patches.push(offset),
    wait: async (ms) => {
      clock += ms;
      source.flushed = Math.min(200_000, Math.floor(clock * 40));
      if (clock > 6000) source.done = true;
    },
  });
  assert.equal((await upload.run()).is, "sealed");
  assert.equal(sha(fake.bytes), sha(source.bytes));
  assert.ok(patches.length >= 5 && patches.length <= 9, String(patches.length));
});

test("the pace holds to its rate, and the call can lift it", async () => {
  let clock = 0;
  const pace = new Pace(
    () => clock,
    async (ms) => {
      clock += ms;
    },
  );
  await pace.take(1_000_000);
  assert.equal(clock, 0);
  pace.rate = 100_000;
  for (let nth = 0; nth < 11; nth++) await pace.take(50_000);
  assert.ok(clock >= 4900 && clock <= 5600, String(clock));
  assert.equal(pace.piece(256 * 1024), 25_000, "a capped piece takes a quarter of a second");
  pace.rate = 1000;
  assert.equal(pace.piece(256 * 1024), 16 * 1024);
  assert.equal(pace.piece(100), 100);
  pace.rate = null;
  assert.equal(pace.piece(256 * 1024), 256 * 1024);
  const before = clock;
  await pace.take(10_000_000);
  assert.equal(clock, before);
});

test("a stopped upload ends at once", async () => {
  const fake = new FakeDoor();
  fake.seals = false;
  const upload = new Upload(new Memory(noise(10)), doorTo(fake), new Pace());
  const running = upload.run();
  upload.stop();
  assert.deepEqual(await running, { is: "stopped" });
});
