// The sound of a walk on the form: a chosen or dropped file is uploaded, the waveform follows what is typed, and its
// lines, one for each stop, can be dragged.

const NEAR = 8; // pixels within which a line moves to a beat
const section = () => document.getElementById("music");
const press = (value) => section().querySelector(`button[value=${value}]`)?.click();
const isSound = (file) => file && (file.type.startsWith("audio/") || /\.(wav|flac|ogg|oga|opus|mp3)$/i.test(file.name));

function upload(file) {
  const field = document.getElementById("sound-file");
  if (file.size > Number(section().dataset.max)) {
    const note = document.getElementById("sound-file-note");
    note.replaceChildren(Object.assign(document.createElement("strong"), { textContent: section().dataset.tooLarge.replace("{name}", () => file.name) }));
    note.setAttribute("role", "alert");
    field.closest("details").open = true;
    field.value = "";
    return;
  }
  if (field.files[0] !== file) {
    const transfer = new DataTransfer();
    transfer.items.add(file);
    field.files = transfer.files;
  }
  press("bring");
}

// This must run before the form's listener, which takes a dropped file for a film.
document.addEventListener("drop", (event) => {
  const [file] = event.dataTransfer?.files ?? [];
  if (!isSound(file) || !document.getElementById("sound-file")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.body.classList.remove("dropping");
  upload(file);
}, { capture: true });

// ---- the lines of the stops ----
const part = () => document.getElementById("part");
const fields = () => [...document.querySelectorAll("#make [name=at]")];
const sign = (1.5).toLocaleString(document.documentElement.lang)[1];
const seconds = (text) => (/^\s*\d+([.,]\d*)?\s*$/.test(text) ? Number(text.replace(",", ".")) : NaN);
const beats = () => part().dataset.beats.split(" ").filter(Boolean).map(Number);

/* Return the seconds at which each stop is shown: as typed, or evenly between its neighbours. */
function times() {
  const typed = fields().map(({ value }) => seconds(value));
  const last = typed.length - 1;
  if (Number.isNaN(typed[0])) typed[0] = 0;
  if (Number.isNaN(typed[last])) typed[last] = Number(part().dataset.seconds);
  return typed.map((time, index) => {
    if (!Number.isNaN(time)) return time;
    const left = typed.findLastIndex((each, other) => other < index && !Number.isNaN(each));
    const right = typed.findIndex((each, other) => other > index && !Number.isNaN(each));
    return typed[left] + ((typed[right] - typed[left]) * (index - left)) / (right - left);
  });
}

function draw() {
  if (!part()) return;
  const width = Number(part().dataset.seconds);
  const lines = times().map((time, index) => {
    const percent = Math.min(100, (100 * time) / width);
    const line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    line.setAttribute("x", `${percent}%`);
    line.setAttribute("overflow", "visible");
    line.innerHTML = `<rect x="-1" width="2" height="100%"/><text y="-4"${percent > 96 ? ' text-anchor="end"' : ""}>${index + 1}</text>`;
    return line;
  });
  part().querySelector(".places").replaceChildren(...lines);
}

function start() {
  if (!part()) return;
  part().classList.add("drags");
  document.querySelector("#music .drag")?.removeAttribute("hidden");
  const length = document.getElementById("sound-length"); // written before anyone knew how long the sound is
  if (!length.value) length.placeholder = part().dataset.seconds.replace(/\.0$/, "").replace(".", sign);
  draw();
}

function write(field, time) {
  field.value = String(Math.round(100 * time) / 100).replace(".", sign);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Return the time under the pointer, on a beat where one is near. */
function timeAt({ clientX }) {
  const { left, width } = part().getBoundingClientRect();
  const length = Number(part().dataset.seconds);
  const time = Math.min(length, Math.max(0, ((clientX - left) / width) * length));
  const beat = beats().reduce((best, each) => (Math.abs(each - time) < Math.abs(best - time) ? each : best), Infinity);
  return (Math.abs(beat - time) / length) * width <= NEAR ? beat : time;
}

let dragged = null; // the field of the stop whose line is dragged
document.addEventListener("pointerdown", (event) => {
  if (event.button || !event.target.closest?.("#part")) return;
  const time = timeAt(event);
  const gaps = times().map((each) => Math.abs(each - time));
  dragged = fields()[gaps.indexOf(Math.min(...gaps))];
  part().setPointerCapture(event.pointerId);
  event.preventDefault();
  write(dragged, time);
});
document.addEventListener("pointermove", (event) => dragged && write(dragged, timeAt(event)));
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    dragged?.dispatchEvent(new Event("change", { bubbles: true }));
    dragged = null;
  });
}

// In the field of a stop, the arrows go from beat to beat; the list of beats is open with the same keys, so Alt opens it.
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (target.name !== "at" || !["ArrowUp", "ArrowDown"].includes(key) || event.altKey || !part()) return;
  const now = times()[fields().indexOf(target)];
  const next = key === "ArrowUp" ? beats().find((beat) => beat > now + 0.005) : beats().findLast((beat) => beat < now - 0.005);
  if (next === undefined) return;
  event.preventDefault();
  write(target, next);
});

document.addEventListener("input", ({ target }) => target.name === "at" && draw());
document.addEventListener("change", ({ target }) => {
  if (target.id === "sound-file" && target.files[0]) upload(target.files[0]);
  if (["sound_start", "sound_length"].includes(target.name)) press("look");
});
document.addEventListener("htmx:after:swap", start);
addEventListener("pageshow", start);
