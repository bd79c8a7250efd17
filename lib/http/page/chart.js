// Prices over time as a step line, the planned jobs below it on the same axis.
import { clock, duration, energy, money } from "/page/queue.js";

const space = "http://www.w3.org/2000/svg";

function shape(name, attributes, text) {
  const made = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function titled(made, text) {
  made.append(shape("title", {}, text));
  return made;
}

/** Round values between 0 (or below) and the highest price. */
function ticks(low, high) {
  const raw = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const values = [];
  for (let value = Math.floor(low / step + 1e-9) * step; value <= high + step * 0.999; value += step)
    values.push(Number(value.toPrecision(6)));
  return values;
}

function legend(entries) {
  const list = document.createElement("ul");
  list.className = "legend";
  for (const [name, text] of entries) {
    const item = document.createElement("li");
    const mark = document.createElement("span");
    mark.className = `mark ${name}`;
    item.append(mark, text);
    list.append(item);
  }
  return list;
}

/** `running` is the job that runs, or null: it is drawn before the planned ones. */
export function drawPrices(box, tariff, plan, running) {
  const segments = tariff.segments.map((one) => ({ ...one, from: Date.parse(one.start), to: Date.parse(one.end) }));
  if (segments.length === 0) return box.replaceChildren("No prices are known.");
  const start = segments[0].from, end = segments.at(-1).to;
  const width = Math.max(300, box.clientWidth), left = 46, right = 8, top = 12, height = 150, lane = 18;
  const planned = plan.jobs.map((one) => ({ ...one, from: Date.parse(one.start), to: Date.parse(one.end) }))
    .filter((one) => one.from < end && one.to > start && one.id !== running?.id);
  const jobs = running ? [running, ...planned] : planned;
  const workers = Math.max(1, ...jobs.map((one) => one.worker + 1));
  const lanes = top + height + 8, axis = lanes + workers * lane + 4;
  const x = (time) => left + ((Math.min(end, Math.max(start, time)) - start) / (end - start)) * (width - left - right);
  const known = segments.filter((one) => one.price !== null).map((one) => one.price);
  const values = ticks(Math.min(0, ...known), Math.max(0.01, ...known));
  const low = values[0], high = values.at(-1);
  const y = (price) => top + height - ((price - low) / (high - low)) * height;
  const svg = shape("svg", { viewBox: `0 0 ${width} ${axis + 22}`, width, height: axis + 22, role: "img",
    "aria-label": `Price of electricity from ${clock(start)} to ${clock(end)} with ${planned.length} planned jobs` });
  for (const one of segments)
    if (one.off_peak)
      svg.append(titled(shape("rect", { class: "off-peak", x: x(one.from), y: top, width: x(one.to) - x(one.from),
        height: axis - top }), `off-peak, ${clock(one.from)} to ${clock(one.to)}`));
  for (const value of values) {
    svg.append(shape("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
    svg.append(shape("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)));
  }
  const hour = 3600000;
  const every = [1, 2, 3, 4, 6, 12].find((step) => ((end - start) / hour / step) * 48 <= width - left - right) ?? 24;
  const first = new Date(start);
  first.setMinutes(0, 0, 0);
  for (let at = first.getTime(); at <= end; at += hour) {
    if (at < start || new Date(at).getHours() % every !== 0) continue;
    svg.append(shape("line", { class: "tick", x1: x(at), x2: x(at), y1: axis, y2: axis + 4 }));
    const label = `${String(new Date(at).getHours()).padStart(2, "0")}:00`;
    if (x(at) < width - 18) svg.append(shape("text", { x: x(at), y: axis + 16, "text-anchor": "middle" }, label));
  }
  let path = "", open = false;
  for (const one of segments) {
    if (one.price === null) {
      open = false;
      continue;
    }
    path += `${open ? "L" : "M"}${x(one.from)} ${y(one.price)}L${x(one.to)} ${y(one.price)}`;
    open = true;
  }
  svg.append(shape("path", { class: "price", d: path }));
  for (const one of segments)
    svg.append(titled(shape("rect", { class: "touch", x: x(one.from), y: top, width: x(one.to) - x(one.from), height }),
      `${one.rate ?? "no rate"}: ${one.price ?? "not known"} ${tariff.currency}/kWh, ${clock(one.from)} to ${clock(one.to)}`));
  for (const job of jobs) {
    const wide = Math.max(3, x(job.to) - x(job.from));
    svg.append(titled(shape("rect", { class: job.now ? "job now" : "job", x: x(job.from), y: lanes + job.worker * lane + 2, width: wide,
      height: lane - 4, rx: 2 }), `job ${job.id}${job.now ? " runs" : ""}: ${clock(job.from)}, ${duration((job.to - job.from) / 1000)}, ` +
      `${energy(job.kwh)}, ${money(job.cost, plan.currency)}`));
    if (wide > 8 * String(job.id).length + 8)
      svg.append(shape("text", { class: "job-id", x: x(job.from) + 4, y: lanes + job.worker * lane + 13 }, String(job.id)));
  }
  svg.append(shape("text", { x: left - 6, y: lanes + 13, "text-anchor": "end" }, "jobs"));
  const marks = [["price", `price, ${tariff.currency}/kWh`]];
  if (segments.some((one) => one.off_peak)) marks.push(["off-peak", "off-peak"]);
  if (running) marks.push(["now", "running"]);
  if (planned.length > 0) marks.push(["job", "planned jobs"]);
  box.replaceChildren(legend(marks), svg);
}

export function planText(plan) {
  if (plan.jobs.length === 0 && plan.unplaced.length === 0) return "No jobs are waiting.";
  let text = `${plan.jobs.length} planned: ${energy(plan.total_kwh)}, ${money(plan.total_cost, plan.currency)}`;
  if (plan.asap_cost > plan.total_cost) text += `; at once it would be ${money(plan.asap_cost, plan.currency)}`;
  if (plan.unplaced.length > 0) text += `. Without a place: ${plan.unplaced.map((one) => `${one.id} (${one.reason})`).slice(0, 5).join(", ")}`;
  return `${text}. Times are those of ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
}
