import { get, listen, post } from "/page/server.js";
import { buildForm } from "/page/form.js";
import { JobList, duration, energy, money } from "/page/queue.js";
import { drawPrices, planText } from "/page/chart.js";
import { Preview } from "/page/preview.js";

const part = (id) => document.getElementById(id);
const most_jobs = 100;
const price_hours = 36;
const redraw_ms = 60000;
/** Between two looks at a queue that changes all the time. */
const gap_ms = 500;

function problem(error) {
  part("problem").textContent = error.message;
  part("problem").hidden = false;
}

function tell(text) {
  part("notice").textContent = text;
  part("problem").hidden = true;
}

const past = { hold: "held", release: "released", cancel: "cancelled", retry: "queued again" };

async function act(job, action) {
  try {
    const now = await post(`/api/jobs/${job.id}/${action}`);
    tell(`Job ${job.id} is ${now.state === "running" ? "being stopped" : past[action]}.`);
    await refresh();
  } catch (error) {
    problem(error);
  }
}

const list = new JobList(part("jobs"), part("empty"), (job, action) => act(job, action));

/** One run at a time; a call meanwhile makes one more follow. */
function once(work) {
  let busy = null, again = false;
  return () => {
    if (busy) {
      again = true;
      return busy;
    }
    busy = (async () => {
      do {
        again = false;
        await work();
        if (again) await new Promise((resolve) => setTimeout(resolve, gap_ms));
      } while (again);
    })().catch(problem).finally(() => { busy = null; });
    return busy;
  };
}

function showToday(summary) {
  const sum = (name) => summary.costs.filter((one) => one[name] !== null)
    .map((one) => money(one[name], one.currency)).join(", ") || "–";
  const figures = [["Used today", energy(summary.kwh)], ["Cost today", sum("cost")], ["Saved today", sum("saved")]];
  part("today").replaceChildren(...figures.map(([name, value]) => {
    const box = document.createElement("div");
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    box.append(term, text);
    return box;
  }));
}

const preview = new Preview(part("preview"));
let paused = false;
function showState(progress) {
  part("state").textContent = progress.job ? `job ${progress.job} runs` : paused ? "paused" : "idle";
  part("state").dataset.state = progress.job ? "running" : paused ? "paused" : "idle";
  part("running").hidden = !progress.job;
  preview.follow(progress.job);
  if (!progress.job) return;
  const parts = [`Job ${progress.job}`];
  if (progress.stage) parts.push(progress.step ? `${progress.stage} ${progress.step}/${progress.steps}` : progress.stage);
  parts.push(`${Math.round(progress.progress * 100)} %`);
  if (progress.eta_relative !== null) parts.push(`${duration(progress.eta_relative)} left`);
  part("running-text").textContent = parts.join(" · ");
  part("running-bar").value = progress.progress;
}

const refresh = once(async () => {
  const [{ jobs }, summary] = await Promise.all([get(`/api/jobs?limit=${most_jobs}`), get("/api/summary")]);
  list.show(jobs);
  showToday(summary);
  await refreshPrices();
});

const refreshPrices = once(async () => {
  const [tariff, plan] = await Promise.all([get(`/api/tariff?from=now&to=%2B${price_hours}h`), get("/api/plan")]);
  drawPrices(part("chart"), tariff, plan, list.running());
  part("plan").textContent = planText(plan);
});

async function follow() {
  for (;;) {
    try {
      await listen("/api/events", (name, data) => {
        if (name === "queue") {
          paused = data.paused;
          refresh();
        }
        if (name === "progress") showState(data);
      });
    } catch {
      part("state").textContent = "no connection";
      part("state").dataset.state = "lost";
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

part("restart").addEventListener("click", async () => {
  try {
    await post("/api/worker/restart");
    tell("The worker is being restarted; the queue is kept.");
  } catch (error) {
    problem(error);
  }
});
part("help").addEventListener("click", () => part("keys").showModal());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "?") part("keys").showModal();
  else if (event.key === "n") part("field-prompt")?.focus();
  else if (!list.key(event.key)) return;
  event.preventDefault();
});

await buildForm(part("form"), (id) => {
  tell(`Job ${id} is queued.`);
  refresh();
}, problem).catch(problem);
setInterval(refreshPrices, redraw_ms);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) refreshPrices();
  width = innerWidth;
});
await follow();
