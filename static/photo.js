// Pictures for stops: dropped, pasted, taken or drawn, each goes into its stop's field and is brought by the server.

const form = () => document.querySelector("form[data-photo-max]");
const words = () => document.getElementById("photo-words").dataset;
const places = () => [...document.querySelectorAll(".brought")];
const fieldOf = (place) => place.querySelector("input[type=file]");
const isPicture = (file) => file && (/^image\/(png|jpeg|webp|avif|hei[cf])$/.test(file.type) || /\.hei[cf]$/i.test(file.name));

function say(place, text) {
  const note = place.querySelector("[id$=-note]");
  note.replaceChildren(Object.assign(document.createElement("strong"), { textContent: text }));
  note.setAttribute("role", "alert");
  place.querySelector("details").open = true;
}

// The button that a visitor without a script presses is pressed for them.
function bring(place, file) {
  const field = fieldOf(place);
  if (file.size > Number(form().dataset.photoMax)) {
    say(place, words().tooLarge.replace("{name}", () => file.name));
    field.value = "";
    return;
  }
  if (field.files[0] !== file) {
    const held = new DataTransfer();
    held.items.add(file);
    field.files = held.files;
  }
  place.querySelector("button[value=bring]").click();
}

// Where a picture goes that was meant for no stop: to the one being written on, else the first that has nothing.
function nextPlace() {
  const free = places().filter(fieldOf);
  const written = (place) => place.closest(".leg").querySelector("textarea")?.value.trim();
  const here = free.find((place) => place.closest(".leg").contains(document.activeElement));
  return here ?? free.find((place) => !written(place)) ?? free.at(-1);
}

document.addEventListener("change", ({ target }) => {
  if (target.matches(".brought input[type=file]") && target.files[0]) bring(target.closest(".brought"), target.files[0]);
});

document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find(isPicture);
  const place = file && nextPlace();
  if (!place) return;
  event.preventDefault();
  bring(place, file);
});

// Before the form's own listener, which takes what is dropped for a film: a WebP on a stop is a picture.
document.addEventListener("drop", (event) => {
  const [file] = event.dataTransfer?.files ?? [];
  const leg = event.target.closest?.(".leg")?.querySelector(".brought");
  if (!isPicture(file) || (!leg && file.type === "image/webp")) return;
  const place = leg && fieldOf(leg) ? leg : nextPlace();
  if (!place) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.body.classList.remove("dropping");
  bring(place, file);
}, { capture: true });

// The picture whole or cut out: a press on either chooses it, as the box beneath does.
document.addEventListener("click", ({ target }) => {
  const version = target.closest?.(".brought:has(.cut) .versions p");
  const box = version?.closest(".brought").querySelector("[name=cut_out]");
  if (box && box.checked !== version.matches(".cut")) box.click();
});

document.addEventListener("click", ({ target }) => {
  const place = target.closest?.(".brought");
  if (!place || target.type !== "button") return;
  if (target.value === "camera") takePicture(place);
  if (target.value === "draw") openEasel(place);
});

function takePicture(place) {
  const camera = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", capture: "environment" });
  camera.addEventListener("change", () => camera.files[0] && bring(place, camera.files[0]));
  camera.click();
}

// The guess is written where nobody has written yet.
function takeGuess() {
  for (const place of places()) {
    const guess = place.querySelector(".guess")?.textContent;
    const line = place.closest(".leg").querySelector("textarea");
    if (!guess || !line || line.value.trim() || line.dataset.guessed === guess) continue;
    line.dataset.guessed = guess; // once: who empties it wants it empty
    line.value = guess;
    line.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// ---- the easel ----
const easel = document.getElementById("easel");
const sheet = easel.querySelector("canvas");
const ink = sheet.getContext("2d");
let strokes = [];
let stroke = null; // the one being drawn
let pen = { x: 256, y: 256, isDown: false };
let drawsFor = 0;

function openEasel(place) {
  drawsFor = places().indexOf(place);
  strokes = [];
  pen = { x: 256, y: 256, isDown: false };
  paint();
  easel.showModal();
  sheet.focus();
}

function paint() {
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, sheet.width, sheet.height);
  ink.lineCap = ink.lineJoin = "round";
  for (const { colour, width, points } of [...strokes, ...(stroke ? [stroke] : [])]) {
    ink.strokeStyle = colour;
    ink.lineWidth = width;
    ink.beginPath();
    points.forEach(([x, y], index) => (index ? ink.lineTo(x, y) : ink.moveTo(x, y)));
    if (points.length === 1) ink.lineTo(points[0][0] + 0.01, points[0][1]);
    ink.stroke();
  }
  if (document.activeElement === sheet && sheet.matches(":focus-visible")) mark();
}

function mark() {
  ink.strokeStyle = pen.isDown ? "#c8372d" : "#777";
  ink.lineWidth = 2;
  ink.beginPath();
  ink.arc(pen.x, pen.y, 10, 0, 2 * Math.PI);
  ink.stroke();
}

function begin(point) {
  const colour = easel.querySelector("[name=ink]:checked").value;
  stroke = { colour, width: Number(easel.querySelector("#nib").value), points: [point] };
  paint();
}

function end() {
  if (stroke) strokes.push(stroke);
  stroke = null;
  paint();
}

function at({ clientX, clientY }) {
  const box = sheet.getBoundingClientRect();
  const side = Math.min(box.width, box.height); // the sheet is square, and may stand within a wider box
  const left = box.left + (box.width - side) / 2, top = box.top + (box.height - side) / 2;
  return [((clientX - left) * sheet.width) / side, ((clientY - top) * sheet.height) / side];
}

sheet.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  event.preventDefault();
  sheet.setPointerCapture(event.pointerId);
  begin(at(event));
});
sheet.addEventListener("pointermove", (event) => {
  if (!stroke || !sheet.hasPointerCapture(event.pointerId)) return;
  const passed = event.getCoalescedEvents?.() ?? [];
  stroke.points.push(...(passed.length ? passed : [event]).map(at));
  paint();
});
for (const name of ["pointerup", "pointercancel"]) sheet.addEventListener(name, end);

const STEP = 12;
const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
sheet.addEventListener("keydown", (event) => {
  const move = MOVES[event.key];
  if (!move && event.key !== " ") return;
  event.preventDefault();
  if (move) {
    pen.x = Math.max(0, Math.min(sheet.width, pen.x + move[0]));
    pen.y = Math.max(0, Math.min(sheet.height, pen.y + move[1]));
    if (pen.isDown) stroke.points.push([pen.x, pen.y]);
  } else {
    pen.isDown = !pen.isDown;
    if (pen.isDown) begin([pen.x, pen.y]);
    else end();
  }
  paint();
});
for (const name of ["focus", "blur"]) sheet.addEventListener(name, () => { if (name === "blur" && pen.isDown) { pen.isDown = false; end(); } paint(); });

easel.addEventListener("click", ({ target }) => {
  if (target.value === "undo") strokes.pop();
  if (target.value === "clear") strokes = [];
  if (["undo", "clear"].includes(target.value)) paint();
  if (target.value === "leave") easel.close();
  if (target.value === "take") take();
});

function take() {
  const place = places()[drawsFor];
  sheet.blur();
  end();
  sheet.toBlob((blob) => {
    easel.close();
    if (blob && place) bring(place, new File([blob], "drawing.png", { type: "image/png" }));
  }, "image/png");
}

function start() {
  document.querySelectorAll(".brought .ways").forEach((ways) => { ways.hidden = false; });
  document.querySelectorAll(".brought button[value=bring]").forEach((button) => { button.hidden = true; });
  takeGuess();
}
document.addEventListener("htmx:after:swap", start);
start();
