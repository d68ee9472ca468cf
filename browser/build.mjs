// Builds every page's script into src/yesand/web/static/built/, which the wheel carries.
// `node build.mjs --watch` rebuilds on change; `--out DIR` builds elsewhere; `--tests` adds the
// bare pages that the browser tests drive.
import { build, context } from "esbuild";
import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const outAt = process.argv.indexOf("--out");
const out =
  outAt > 0 ? resolve(process.argv[outAt + 1]) : resolve(here, "../src/yesand/web/static/built");

// One entry per page kind, and the two scripts that run off the main thread.
const pages = [
  "app", "stage", "director", "greenroom", "audition", "take", "bench", "notes", "exit", "deck",
];
const options = {
  absWorkingDir: here,
  entryPoints: {
    ...Object.fromEntries(pages.map((name) => [name, `src/${name}/${name}.ts`])),
    "recorder-worker": "src/recorder/worker/worker.ts",
    "recorder-worklet": "src/recorder/worklet/worklet.ts",
    ...(process.argv.includes("--tests") ? { "recorder-page": "test/pages/recorder-page.ts" } : {}),
  },
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !process.argv.includes("--plain"),
  sourcemap: "linked",
  legalComments: "linked",
  logLevel: "info",
};

const font = join(here, "node_modules/@fontsource-variable/inter");
// Only the scripts the interface is written in; the browser fetches a file when a page needs it.
const alphabets = {
  latin:
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
  "latin-ext":
    "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
};

async function copyFont() {
  let css = "/* Inter (SIL Open Font License 1.1, inter-LICENSE.txt), served by ourselves. */\n";
  for (const [name, range] of Object.entries(alphabets)) {
    const file = `inter-${name}-wght-normal.woff2`;
    await copyFile(join(font, "files", file), join(out, file));
    css +=
      `@font-face { font-family: "Inter"; font-style: normal; font-weight: 100 900; ` +
      `font-display: swap; src: url(${file}) format("woff2"); unicode-range: ${range}; }\n`;
  }
  await writeFile(join(out, "inter.css"), css);
  await copyFile(join(font, "LICENSE"), join(out, "inter-LICENSE.txt"));
  await copyFile(join(here, "texts.json"), join(out, "texts.json"));
  const files = Object.keys(alphabets).map((name) => `inter-${name}-wght-normal.woff2`);
  return ["inter.css", "inter-LICENSE.txt", "texts.json", ...files];
}

await mkdir(out, { recursive: true });
const made = await copyFont();
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  const result = await build({ ...options, metafile: true });
  for (const path of Object.keys(result.metafile.outputs)) made.push(basename(path));
  // Only now does what an earlier build left go, so that a page is never without its script.
  for (const name of await readdir(out)) if (!made.includes(name)) await rm(join(out, name));
}
