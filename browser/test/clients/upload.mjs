// One upload by somebody else's tus client, unpatched, in a process of its own.
// node upload.mjs '{"client", "endpoint", "token", "file", "chunk", "remembered", "stop_at", ...}'
// Prints one JSON object a line: {"sent"}, {"url"}, and at last {"done"} or {"refused", "says"}.
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import * as tus from "tus-js-client";

const job = JSON.parse(process.argv[2]);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const options = {
  endpoint: job.endpoint,
  headers: { Authorization: `Bearer ${job.token}` },
  chunkSize: job.chunk,
  retryDelays: Array(40).fill(100),
  // Where a browser has its local storage: what a later visit resumes from.
  urlStorage: new tus.FileUrlStorage(job.remembered),
  ...job.options,
};
const sent = (bytes) => {
  tell({ sent: bytes });
  // As when the tab is closed: nothing is said good-bye to.
  if (job.stop_at && bytes >= job.stop_at) process.kill(process.pid, "SIGKILL");
};
const refused = (error) => {
  tell({ refused: error.originalResponse?.getStatus() ?? 0, says: error.message });
  process.exit(1);
};

async function tusJsClient() {
  // A pipe has no length that could be asked for: the way of a recording that is still going on.
  const piped = job.options?.uploadLengthDeferred;
  const source = piped ? createReadStream(job.file).pipe(new PassThrough()) : await readFile(job.file);
  const upload = new tus.Upload(source, {
    ...options,
    metadata: { filename: "../mic.pcm", filetype: "audio/pcm" },
    onChunkComplete: (_size, bytes) => sent(bytes),
    onError: refused,
    onSuccess: () => tell({ done: upload.url }),
  });
  const [before] = await upload.findPreviousUploads();
  if (before) upload.resumeFromPreviousUpload(before);
  tell({ resumed: before?.uploadUrl ?? null });
  upload.start();
}

async function uppy() {
  const [{ default: Uppy }, { default: Tus }] = await Promise.all([import("@uppy/core"), import("@uppy/tus")]);
  const data = await readFile(job.file);
  const one = new Uppy({ autoProceed: false }).use(Tus, {
    ...options,
    onChunkComplete: (_size, bytes) => sent(bytes),
  });
  // In a browser this is a File; here its length stands in for the file's size.
  one.addFile({ name: "mic.pcm", type: "audio/pcm", data: Object.assign(data, { size: data.length }) });
  one.on("upload-error", (_file, error) => refused(error));
  const { successful } = await one.upload();
  tell({ done: successful[0].uploadURL });
}

await (job.client === "uppy" ? uppy() : tusJsClient());
