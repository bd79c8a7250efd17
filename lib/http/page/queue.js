// The list of jobs: what they are doing, what they cost, and what can be done about them.
import { blob, hasToken } from "/page/server.js";

const actions = {
  queued: ["hold", "cancel"],
  held: ["release", "cancel"],
  running: ["cancel"],
  done: ["video"],
  failed: ["retry"],
  cancelled: ["retry"],
};
const labels = { hold: "Hold", release: "Release", cancel: "Cancel", retry: "Retry", video: "Video" };
const keys = { h: ["hold", "release"], c: ["cancel"], r: ["retry"], v: ["video"] };

export function clock(text) {
  const at = new Date(text);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const today = new Date().toDateString() === at.toDateString();
  return today ? time : `${at.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" })} ${time}`;
}

export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export function money(value, currency) {
  if (value === null || value === undefined) return "";
  return `${value >= 1 ? value.toFixed(2) : Number(value.toPrecision(2))} ${currency ?? ""}`.trim();
}

export function energy(kwh) {
  return kwh >= 0.1 ? `${kwh.toFixed(2)} kWh` : `${Number((kwh * 1000).toPrecision(2))} Wh`;
}

function detail(job) {
  const figures = job.actual ?? job.estimate;
  const about = job.actual ? "" : "about ";
  const parts = [];
  if ((job.state === "queued" || job.state === "held") && job.planned_start)
    parts.push(`starts ${clock(job.planned_start)}`);
  if (job.waiting) parts.push(job.waiting.split(", planned for ")[0]);
  if (job.state === "done" && job.finished) parts.push(`done ${clock(job.finished)}`);
  if (job.deadline && job.state !== "done") parts.push(`wanted by ${clock(job.deadline)}`);
  if (figures) {
    parts.push(about + duration(figures.seconds), energy(figures.kwh));
    if (figures.cost !== null) parts.push(money(figures.cost, figures.currency));
  }
  return parts.join(" · ");
}

export class JobList {
  /** act(job, action) changes a job on the server. */
  constructor(list, empty, act) {
    this.list = list;
    this.empty = empty;
    this.act = act;
    this.jobs = new Map();
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.perform(this.jobs.get(button.closest("li").dataset.id), button.dataset.action);
    });
  }

  show(jobs) {
    const rank = { running: 0, queued: 1, held: 2, failed: 3, done: 4, cancelled: 5 };
    const start = (job) => (job.planned_start ? Date.parse(job.planned_start) : Infinity);
    const ordered = [...jobs].sort((a, b) => rank[a.state] - rank[b.state] ||
      (rank[a.state] < 3 ? (start(a) === start(b) ? a.id - b.id : start(a) - start(b)) : b.id - a.id));
    const focused = this.focused();
    const action = document.activeElement?.dataset?.action;
    const seen = new Set();
    let before = null;
    for (const job of ordered) {
      seen.add(String(job.id));
      const item = this.item(job);
      const wanted = before ? before.nextSibling : this.list.firstChild;
      if (item !== wanted) this.list.insertBefore(item, wanted);
      before = item;
    }
    for (const item of [...this.list.children]) if (!seen.has(item.dataset.id)) item.remove();
    this.jobs = new Map(ordered.map((job) => [String(job.id), job]));
    this.empty.hidden = ordered.length > 0;
    if (focused && !this.list.contains(document.activeElement)) this.focus(focused, action);
  }

  item(job) {
    const known = this.list.querySelector(`li[data-id="${job.id}"]`);
    const item = known ?? document.createElement("li");
    const text = JSON.stringify(job);
    if (item.rendered === text) return item;
    item.rendered = text;
    item.dataset.id = job.id;
    item.dataset.state = job.state;
    item.tabIndex = 0;
    const line = (tag, name, content) => {
      const made = document.createElement(tag);
      made.className = name;
      made.textContent = content;
      return made;
    };
    const head = line("p", "head", "");
    head.append(line("span", "badge", job.state), line("span", "number", `#${job.id}`));
    const buttons = line("p", "buttons", "");
    for (const action of actions[job.state]) {
      const button = line("button", "", labels[action]);
      button.type = "button";
      button.dataset.action = action;
      button.setAttribute("aria-label", `${labels[action]} job ${job.id}`);
      buttons.append(button);
    }
    const video = item.querySelector(".video");
    item.replaceChildren(head, line("p", "prompt", job.prompt), line("p", "detail", detail(job)));
    if (job.error) item.append(line("p", "error", job.error));
    item.append(buttons);
    if (video && job.state === "done") item.append(video);
    return item;
  }

  /** The job that runs, as a bar of the chart: null where none does. */
  running() {
    const job = [...this.jobs.values()].find((one) => one.state === "running");
    if (!job?.started) return null;
    const from = Date.parse(job.started);
    return { id: job.id, from, to: Math.max(from + job.estimate.seconds * 1000, Date.now()), kwh: job.estimate.kwh,
      cost: job.estimate.cost, worker: 0, now: true };
  }

  focused() {
    return document.activeElement?.closest("#jobs > li")?.dataset.id;
  }

  focus(id, action) {
    const item = this.list.querySelector(`li[data-id="${id}"]`);
    if (!item) return;
    const button = action && item.querySelector(`button[data-action="${action}"]`);
    (button || item).focus({ preventScroll: true });
  }

  /** Whether the key meant something. */
  key(name) {
    const items = [...this.list.children];
    const at = items.findIndex((item) => item.dataset.id === this.focused());
    if (name === "j" || name === "k") {
      const next = items[Math.min(items.length - 1, Math.max(0, at + (name === "j" ? 1 : -1)))];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
      return true;
    }
    const job = at < 0 ? undefined : this.jobs.get(items[at].dataset.id);
    const action = job && keys[name]?.find((one) => actions[job.state].includes(one));
    if (!action) return false;
    this.perform(job, action);
    return true;
  }

  perform(job, action) {
    if (action === "video") this.watch(job.id);
    else this.act(job, action);
  }

  async watch(id) {
    const item = this.list.querySelector(`li[data-id="${id}"]`);
    const open = item.querySelector(".video");
    if (open) {
      if (open.src.startsWith("blob:")) URL.revokeObjectURL(open.src);
      open.remove();
      return;
    }
    const address = `/api/jobs/${id}/video`;
    const still = /\.(gif|png)$/.test(this.jobs.get(String(id)).output);
    const shown = document.createElement(still ? "img" : "video");
    shown.className = "video";
    if (still) shown.alt = this.jobs.get(String(id)).prompt;
    else Object.assign(shown, { controls: true, loop: true, muted: true, autoplay: true, playsInline: true });
    shown.src = hasToken() ? URL.createObjectURL(await blob(address)) : address;
    item.append(shown);
    if (!still) shown.focus({ preventScroll: true });
  }
}
