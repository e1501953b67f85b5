// The time that the walk takes: asked for again after a short pause when an option changes it.

const PAUSE = 250;
const COUNTED = ["frames", "size", "preset", "aspect", "steps", "guidance", "ending", "model", "hand", "own", "continues"];
let timer;
let control; // of the current request
let shown = ""; // the address whose answer is shown

const make = () => document.getElementById("make");
const place = () => document.getElementById("time");

function address() {
  const fields = new FormData(make());
  const query = COUNTED.flatMap((name) => fields.getAll(name).map((value) => [name, value]));
  query.push(...fields.getAll("prompt").map(() => ["prompt", ""])); // only their number counts
  return `${place().dataset.address}?${new URLSearchParams(query)}`;
}

async function update() {
  const asked = address();
  control?.abort();
  if (asked === shown) return;
  control = new AbortController();
  const { signal } = control;
  let part = "";
  try {
    const reply = await fetch(asked, { signal });
    if (!reply.ok) throw new Error(reply.status);
    part = await reply.text();
  } catch {
    if (signal.aborted) return;
  }
  if (signal.aborted) return;
  const hasFocus = place().contains(document.activeElement);
  place().innerHTML = part; // nothing after an error, rather than the time of other options
  shown = part && asked;
  if (hasFocus) document.getElementById("paint").focus();
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(update, PAUSE);
}

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

// The browser may have restored other choices than those that the page came with.
function start() {
  shown = "";
  const isChanged = ({ name, checked, defaultChecked, value, defaultValue }) =>
    COUNTED.includes(name) && (checked !== defaultChecked || value !== defaultValue);
  if ([...make().elements].some(isChanged)) schedule();
  else shown = address();
}

document.addEventListener("input", ({ target }) => target.form?.id === "make" && COUNTED.includes(target.name) && schedule());
document.addEventListener("click", (event) => event.target.matches("#time [name=edit]") && choose(event));
document.addEventListener("htmx:after:swap", start);
addEventListener("pageshow", start);
