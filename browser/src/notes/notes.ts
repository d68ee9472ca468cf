/** Players' notes: hear the moment from one's own file, answer by key. */
import { one, onClick } from "../kit/dom.ts";
import { onKeys } from "../kit/keys.ts";
import { FeelingForm } from "../kit/feelings.ts";
import { wavePath } from "../take/draw.ts";
import { localMoment, type Moment } from "./local.ts";

const form = one<HTMLFormElement>("form[data-notes]");
const place = one<HTMLElement>("[data-moment]");
let moment: Moment | null = null;
let sounding: AudioBufferSourceNode | null = null;

async function find(): Promise<void> {
  const { take, fromMs, toMs } = place?.dataset ?? {};
  if (!place || !take || !fromMs || !toMs) return;
  try {
    moment = await localMoment(take, Number(fromMs), Number(toMs));
  } catch {
    moment = null;
  }
  if (moment) draw(moment);
  else place.dataset["gone"] = "yes";
}

function draw(found: Moment): void {
  const path = one<SVGPathElement>("path[data-wave]");
  if (!path) return;
  const step = Math.max(1, Math.floor(found.rate / 20));
  const peaks: number[] = [];
  for (let at = 0; at < found.samples.length; at += step) {
    let top = 0;
    for (let index = at; index < Math.min(at + step, found.samples.length); index += 1) {
      top = Math.max(top, Math.abs(found.samples[index] ?? 0));
    }
    peaks.push(top);
  }
  const seconds = found.samples.length / found.rate;
  path.setAttribute("d", wavePath({ per_second: 20, full: 1, peaks }, 0, seconds, 600, 56));
}

async function hear(): Promise<void> {
  sounding?.stop();
  const context = new AudioContext();
  await context.resume();
  if (moment) {
    const buffer = context.createBuffer(1, moment.samples.length, moment.rate);
    buffer.copyToChannel(moment.samples, 0);
    sounding = context.createBufferSource();
    sounding.buffer = buffer;
    sounding.connect(context.destination);
    sounding.onended = () => void context.close();
    sounding.start();
    return;
  }
  const media = place?.dataset["media"];
  if (media) await new Audio(media).play();
}

if (form) {
  const feelings = one('input[name="primary"]', form) ? new FeelingForm(form) : null;
  onKeys((key, event) => {
    if (feelings?.press(key)) return true;
    if (["1", "2", "3"].includes(key.key)) {
      const input = one<HTMLInputElement>(`input[name="intensity"][data-key="${key.key}"]`, form);
      if (input) input.checked = true;
      return Boolean(input);
    }
    if (key.key === " " && place && !(event.target instanceof HTMLButtonElement)) {
      void hear();
      return true;
    }
    if (key.key === "enter" && !(event.target instanceof HTMLButtonElement)) {
      form.requestSubmit(one<HTMLButtonElement>('button[type="submit"]', form));
      return true;
    }
    return false;
  });
}
onClick('[data-act="hear"]', () => void hear());
void find();
