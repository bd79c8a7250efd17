// The form of a new video, made of the schema that the server gives for a post.
import { get, post } from "/page/server.js";

const first = ["prompt", "size", "frames", "steps", "seed", "format", "when", "deadline"];
// The size says both.
const left_out = new Set(["async", "width", "height"]);

function title(name) {
  const words = name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function control(name, schema) {
  const common = { id: `field-${name}`, name };
  if (schema.description) common["aria-describedby"] = `help-${name}`;
  if (name.endsWith("prompt")) return element("textarea", { ...common, rows: name === "prompt" ? 3 : 2 });
  if (schema.enum) {
    const select = element("select", common);
    if (schema.default === undefined) select.append(element("option", { value: "" }, "(standard)"));
    for (const value of schema.enum)
      select.append(element("option", { value, selected: value === schema.default }, value));
    return select;
  }
  if (schema.type === "boolean") return element("input", { ...common, type: "checkbox" });
  if (schema.type === "integer" || schema.type === "number")
    return element("input", { ...common, type: "number", min: schema.minimum, max: schema.maximum,
      step: schema.type === "integer" ? 1 : "any", placeholder: schema.default });
  return element("input", { ...common, type: "text", pattern: schema.pattern?.replace(/^\^|\$$/g, ""),
    placeholder: schema.type === "array" ? "12, 13" : undefined });
}

function field(name, schema, required) {
  const input = control(name, schema);
  if (required) input.required = true;
  const label = element("label", { for: input.id }, title(name));
  const box = element("div", { class: `field ${schema.type === "boolean" ? "check" : ""}` });
  box.append(...(schema.type === "boolean" ? [input, label] : [label, input]));
  if (schema.description) box.append(element("small", { id: `help-${name}` }, schema.description));
  return box;
}

function valueOf(input, schema) {
  if (schema.type === "boolean") return input.checked ? true : undefined;
  const text = input.value.trim();
  if (text === "") return undefined;
  if (schema.type === "integer" || schema.type === "number") return Number(text);
  if (schema.type === "array") return text.split(/[\s,]+/).filter(Boolean).map(Number);
  return text;
}

async function image(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

export async function buildForm(form, onQueued, onProblem) {
  const api = await get("/openapi.json");
  const schema = api.components.schemas.Generation;
  const names = Object.keys(schema.properties).filter((name) => !left_out.has(name));
  const make = (name) => field(name, schema.properties[name], schema.required.includes(name));
  const basic = element("div", { class: "fields" });
  for (const name of first) if (names.includes(name)) basic.append(make(name));
  const more = element("details", {}, element("summary", {}, "More options"));
  const rest = element("div", { class: "fields" });
  for (const name of names) if (!first.includes(name)) rest.append(make(name));
  more.append(rest);
  const fromImage = api.paths["/sdapi/v1/img2vid"] !== undefined;
  if (fromImage)
    basic.append(element("div", { class: "field" }, element("label", { for: "field-image" }, "Image"),
      element("input", { id: "field-image", type: "file", accept: "image/*" })));
  const submit = element("button", { type: "submit", class: "main" }, "Queue it ", element("kbd", {}, "Ctrl Enter"));
  form.replaceChildren(basic, more, submit);
  form.elements.namedItem("when").value = "off-peak";
  form.noValidate = false;
  form.addEventListener("invalid", (event) => {
    const details = event.target.closest("details");
    if (details) details.open = true;
  }, true);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const body = { async: true };
      for (const name of names) {
        const value = valueOf(form.elements.namedItem(name), schema.properties[name]);
        if (value !== undefined) body[name] = value;
      }
      const file = fromImage ? document.getElementById("field-image").files[0] : undefined;
      if (file) body.image = await image(file);
      const { id } = await post(file ? "/sdapi/v1/img2vid" : "/sdapi/v1/txt2vid", body);
      form.elements.namedItem("prompt").value = "";
      onQueued(id);
    } catch (error) {
      onProblem(error);
    } finally {
      submit.disabled = false;
    }
  });
}
