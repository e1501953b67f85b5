// The time that the walk takes: asked for again after a short pause when an option changes it.

import { follow } from "./form_part.js";

const COUNTED = ["frames", "size", "preset", "aspect", "steps", "guidance", "ending", "model", "hand", "own", "continues", "fps", "sound", "sound_start", "sound_length"];

const make = () => document.getElementById("make");
const place = () => document.getElementById("time");

function address() {
  const fields = new FormData(make());
  const query = COUNTED.flatMap((name) => fields.getAll(name).map((value) => [name, value]));
  query.push(...fields.getAll("prompt").map(() => ["prompt", ""])); // only their number counts
  return `${place().dataset.address}?${new URLSearchParams(query)}`;
}

function show(part) {
  const hasFocus = place().contains(document.activeElement);
  place().innerHTML = part;
  if (hasFocus) document.getElementById("paint").focus({ preventScroll: true }); // the bar is in view
}

const { schedule, start } = follow({ counted: COUNTED, pause: 250, address, show });

// A shorter choice is made in the form itself; the time follows.
function choose(event) {
  const [, name, value] = event.target.value.match(/^set-([a-z]+)-(.*)$/);
  const field = value ? make().querySelector(`[name=${name}][value="${value}"]`) : make().elements[name];
  if (!field) return;
  event.preventDefault();
  if (value) field.checked = true;
  else field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("input", ({ target }) => target.form?.id === "make" && COUNTED.includes(target.name) && schedule());
document.addEventListener("click", (event) => event.target.matches("#time [name=edit]") && choose(event));
document.addEventListener("htmx:after:swap", start);
addEventListener("pageshow", start);
