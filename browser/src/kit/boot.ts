/** What a page is told by the server: one JSON block, its words, and how to speak back. */
import texts from "../../texts.json";

/** The page's `<script type="application/json" id="boot">`, or null where a page has none. */
export function readBoot<T>(): T | null {
  const block = document.getElementById("boot");
  return block?.textContent ? (JSON.parse(block.textContent) as T) : null;
}

/** As readBoot, for a page that cannot work without it. */
export function needBoot<T>(): T {
  const boot = readBoot<T>();
  if (boot === null) throw new Error('this page needs <script type="application/json" id="boot">');
  return boot;
}

type Texts = Readonly<Record<string, string>>;

/**
 * A sentence by its key. The server sends translations in the block `id="texts"`; English from
 * texts.json stands in for what it leaves out. `{name}` is replaced by `values.name`.
 */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  translated ??= readTexts();
  const sentence = translated[key] ?? (texts as Texts)[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

let translated: Texts | null = null;

function readTexts(): Texts {
  const block = document.getElementById("texts");
  return block?.textContent ? (JSON.parse(block.textContent) as Texts) : {};
}

/** Django's CSRF token: from the page's meta, else from the cookie, else empty. */
export function csrfToken(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  if (meta) return meta;
  const field = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value;
  if (field) return field;
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/** What a POST of ours came to: the answer's JSON, or why there is none. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** POSTs JSON to our own server with the CSRF token. Never throws: status 0 is "no answer". */
export async function post(url: string, body: unknown, keepalive = false): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), Accept: "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      keepalive,
    });
    const kind = response.headers.get("Content-Type") ?? "";
    const parsed: unknown = kind.includes("json") ? await response.json() : {};
    const record = typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
    return { ok: response.ok, status: response.status, body: record };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}
