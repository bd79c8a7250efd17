// The HTTP API, with the token where one is asked for.
const key = "turbodiff-token";
let asking = null;

// A link may carry the token behind its '#', which no browser sends anywhere. It must not stay in the history.
const linked = new URLSearchParams(location.hash.slice(1)).get("token");
if (linked) {
  sessionStorage.setItem(key, linked);
  history.replaceState(null, "", location.pathname + location.search);
}

function headers(more = {}) {
  const token = sessionStorage.getItem(key);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

export function hasToken() {
  return sessionStorage.getItem(key) !== null;
}

/** Asks once however many requests were refused. */
function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("login");
    const input = document.getElementById("token");
    input.value = "";
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(key, input.value.trim());
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

async function send(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(key);
    const reply = await fetch(path, { ...options, headers: headers(options.headers) });
    if (reply.status !== 401) return reply;
    // Another request may have asked meanwhile.
    if (sessionStorage.getItem(key) === token) await askForToken();
  }
}

async function checked(path, options) {
  const reply = await send(path, options);
  if (reply.ok) return reply;
  const { error } = await reply.json().catch(() => ({ error: { message: `${path}: status ${reply.status}` } }));
  throw new Error(error.hint ? `${error.message}; ${error.hint}` : error.message);
}

export async function get(path) {
  return (await checked(path)).json();
}

export async function post(path, body) {
  const options = { method: "POST" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  return (await checked(path, options)).json();
}

export async function blob(path) {
  return (await checked(path)).blob();
}

/** Calls onEvent(name, data) for each server-sent event; returns when the stream has ended. */
export async function listen(path, onEvent) {
  const reader = (await checked(path)).body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      let name = "message", data = "";
      for (const line of block.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        if (line.startsWith("data: ")) data += line.slice(6);
      }
      if (data) onEvent(name, JSON.parse(data));
    }
  }
}
