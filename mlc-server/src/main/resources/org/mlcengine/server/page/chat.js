import { render } from "/page/markdown.js";

const $ = (id) => document.getElementById(id);
const messages = $("messages");
const status = $("status");
const key = $("key");

let conversation = [];
let running = null;

function headers() {
  const all = { "Content-Type": "application/json" };
  if (key.value) {
    all.Authorization = `Bearer ${key.value}`;
  }
  return all;
}

async function failure(response) {
  let message = `${response.status} ${response.statusText}`;
  try {
    message = (await response.json()).error.message;
  } catch {
    // The status says it.
  }
  if (response.status === 401) {
    $("settings").open = true;
    key.focus();
  }
  return new Error(message);
}

async function loadModels() {
  const response = await fetch("/v1/models", { headers: headers() });
  if (!response.ok) {
    throw await failure(response);
  }
  const chosen = $("model").value;
  const names = (await response.json()).data.map((model) => model.id);
  $("model").replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
}

function show(kind, text) {
  const article = document.createElement("article");
  article.className = kind;
  article.textContent = text;
  messages.append(article);
  article.scrollIntoView({ block: "end" });
  return article;
}

function request() {
  const system = $("system").value.trim();
  const body = {
    model: $("model").value || undefined,
    messages: [...(system ? [{ role: "system", content: system }] : []), ...conversation],
    stream: true,
    stream_options: { include_usage: true },
  };
  for (const name of ["temperature", "top_p", "max_tokens", "seed"]) {
    if ($(name).value !== "") {
      body[name] = Number($(name).value);
    }
  }
  return body;
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      if (part.startsWith("data: ") && part !== "data: [DONE]") {
        yield JSON.parse(part.slice("data: ".length));
      }
    }
  }
}

/** Shows a text that grows, at most once for each picture that the screen shows. */
class Reply {
  constructor() {
    this.article = show("assistant", "");
    this.text = "";
    this.pending = false;
    this.pieces = 0;
  }

  add(text) {
    this.text += text;
    this.pieces += 1;
    this.began ??= performance.now();
    if (!this.pending) {
      this.pending = true;
      requestAnimationFrame(() => this.draw());
    }
  }

  draw() {
    this.pending = false;
    const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80;
    this.article.replaceChildren(...render(this.text));
    if (atEnd) {
      messages.scrollTop = messages.scrollHeight;
    }
    const seconds = (performance.now() - this.began) / 1000;
    if (this.pieces > 1 && running) {
      status.textContent = `${((this.pieces - 1) / seconds).toFixed(1)} tokens/s`;
    }
  }
}

function summary(usage) {
  const rate = usage.extra?.decode_tokens_per_s;
  const first = usage.extra?.ttft_s;
  return [
    `${usage.completion_tokens} tokens`,
    rate ? `${rate.toFixed(1)} tokens/s` : null,
    first ? `first after ${first.toFixed(2)} s` : null,
  ]
    .filter(Boolean)
    .join(", ");
}

async function answer() {
  const own = conversation;
  running = new AbortController();
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: headers(),
    body: JSON.stringify(request()),
    signal: running.signal,
  });
  if (!response.ok) {
    throw await failure(response);
  }
  const reply = new Reply();
  let last = "";
  try {
    for await (const event of events(response)) {
      if (event.error) {
        throw new Error(event.error.message);
      }
      for (const choice of event.choices) {
        reply.add(choice.delta.content ?? "");
      }
      if (event.usage) {
        last = summary(event.usage);
      }
    }
  } finally {
    running = null;
    reply.draw();
    own.push({ role: "assistant", content: reply.text });
  }
  status.textContent = last;
}

function busy(is) {
  $("send").hidden = is;
  $("stop").hidden = !is;
}

async function send() {
  const text = $("prompt").value.trim();
  if (!text || running) {
    return;
  }
  $("prompt").value = "";
  grow();
  conversation.push({ role: "user", content: text });
  show("user", text);
  status.textContent = "";
  busy(true);
  try {
    await answer();
  } catch (error) {
    if (error.name === "AbortError") {
      status.textContent = "Stopped.";
    } else {
      show("error", error.message);
    }
    if (conversation.at(-1)?.role === "user") {
      conversation.pop();
    }
  } finally {
    running = null;
    busy(false);
    $("prompt").focus();
  }
}

function grow() {
  const prompt = $("prompt");
  prompt.style.height = "auto";
  prompt.style.height = `${prompt.scrollHeight + 2}px`;
}

function reload() {
  loadModels().catch((error) => {
    status.textContent = error.message;
  });
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("prompt").addEventListener("input", grow);
$("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
$("stop").addEventListener("click", () => running?.abort());
$("new").addEventListener("click", () => {
  running?.abort();
  conversation = [];
  messages.replaceChildren();
  status.textContent = "";
});
$("settings").addEventListener("submit", (event) => event.preventDefault());
key.addEventListener("change", reload);
reload();
