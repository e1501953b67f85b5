// The styles that go together for the prompts, and in the bar those that are painted: asked for again after a pause when
// something changes that they follow from.

import { follow } from "./form_part.js";

const COUNTED = ["prompt", "own", "hand", "layout", "drawing", "model", "picture", "continues", "negative_prompt", "seed"];

const make = () => document.getElementById("make");
const place = () => document.getElementById("together");
const given = () => place().querySelector(".said")?.dataset.given ?? "";

function address() {
  const fields = new FormData(make());
  if (!/^\s*\d{1,10}\s*$/.test(fields.get("seed"))) fields.set("seed", document.getElementById("readings").dataset.seed); // the drawn one
  const query = COUNTED.flatMap((name) => fields.getAll(name).map((value) => [name, value]));
  return `${place().dataset.address}?${new URLSearchParams(query)}`;
}

function show(part) {
  const hasFocus = place().contains(document.activeElement);
  const before = given();
  const fresh = Object.assign(document.createElement("div"), { innerHTML: part });
  const plain = (element) => element.innerHTML.replaceAll(/ data-htmx-powered="[^"]*"/g, "").trim();
  if (plain(fresh) !== plain(place())) { // else what has the focus keeps it
    place().replaceChildren(...fresh.childNodes);
    window.htmx?.process(place());
  }
  const style = document.getElementById("style");
  style.textContent = place().querySelector(".said")?.dataset.painted ?? style.dataset.open;
  if (hasFocus && !place().contains(document.activeElement)) place().focus();
  if (given() !== before) document.dispatchEvent(new Event("styles-given"));
}

const { schedule, start, stop } = follow({ counted: COUNTED, pause: 700, address, show });
const begin = () => (place() ? start() : stop());
const isCounted = ({ form, name }) => form?.id === "make" && (COUNTED.includes(name) || name.startsWith("thing-"));
document.addEventListener("input", ({ target }) => place() && isCounted(target) && schedule());
document.addEventListener("change", ({ target }) => place() && isCounted(target) && schedule());
document.addEventListener("click", ({ target }) => target.id === "another" && place() && schedule());
document.addEventListener("htmx:after:swap", begin);
addEventListener("pageshow", begin);
