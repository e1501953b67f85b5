// Pictures for stops. A dropped, pasted, photographed or drawn picture goes into its stop's field and is uploaded.

const form = () => document.querySelector("form[data-photo-max]");
const words = () => document.getElementById("photo-words").dataset;
const places = () => [...document.querySelectorAll(".brought")];
const fieldOf = (place) => place.querySelector("input[type=file]");
const isMine = (file) => (each) => each === file.type || (each.startsWith(".") && file.name.toLowerCase().endsWith(each));
const isPicture = (file) => file && places().map(fieldOf).find(Boolean)?.accept.split(",").some(isMine(file));
const mayBeFilm = (file) => /^(image\/(webp|gif)|video\/.*)$/.test(file.type);

function showError(place, text) {
  const note = place.querySelector("[id$=-note]");
  note.replaceChildren(Object.assign(document.createElement("strong"), { textContent: text }));
  note.setAttribute("role", "alert");
  place.querySelector("details").open = true;
}

// Upload a picture by clicking the form's upload button, which visitors without a script click themselves.
function upload(place, file) {
  const field = fieldOf(place);
  if (file.size > Number(form().dataset.photoMax)) {
    showError(place, words().tooLarge.replace("{name}", () => file.name));
    field.value = "";
    return;
  }
  if (field.files[0] !== file) {
    const transfer = new DataTransfer();
    transfer.items.add(file);
    field.files = transfer.files;
  }
  place.querySelector("button[value=bring]").click();
}

// The stop for a picture that was dropped or pasted elsewhere: the focused one, or else the first empty one.
function nextPlace() {
  const free = places().filter(fieldOf);
  const written = (place) => place.closest(".leg").querySelector("textarea")?.value.trim();
  const here = free.find((place) => place.closest(".leg").contains(document.activeElement));
  return here ?? free.find((place) => !written(place)) ?? free.at(-1);
}

document.addEventListener("change", ({ target }) => {
  if (target.matches(".brought input[type=file]") && target.files[0]) upload(target.closest(".brought"), target.files[0]);
});

document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find(isPicture);
  const place = file && nextPlace();
  if (!place) return;
  event.preventDefault();
  upload(place, file);
});

// This must run before the form's listener, which takes a dropped file for a film: on a stop, it is a picture.
document.addEventListener("drop", (event) => {
  const [file] = event.dataTransfer?.files ?? [];
  const leg = event.target.closest?.(".leg")?.querySelector(".brought");
  if (!isPicture(file) || (!leg && mayBeFilm(file))) return;
  const place = leg && fieldOf(leg) ? leg : nextPlace();
  if (!place) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.body.classList.remove("dropping");
  upload(place, file);
}, { capture: true });

// A click on the whole or the cut-out picture chooses it, like the checkbox below.
document.addEventListener("click", ({ target }) => {
  const version = target.closest?.(".brought:has(.cut) .versions p");
  const box = version?.closest(".brought").querySelector("[name=cut_out]");
  if (box && box.checked !== version.matches(".cut")) box.click();
});

// "Draw it yourself", of which the link leads to the file field without a script.
document.addEventListener("click", (event) => {
  const { draws } = event.target.dataset ?? {};
  const place = draws && document.querySelector(`.brought[data-stop="${draws}"]`);
  if (!place) return;
  event.preventDefault();
  openCanvas(place);
});

document.addEventListener("click", ({ target }) => {
  const place = target.closest?.(".brought");
  if (!place || target.type !== "button") return;
  if (target.value === "camera") takePicture(place);
  if (target.value === "draw") openCanvas(place);
});

function takePicture(place) {
  const camera = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", capture: "environment" });
  camera.addEventListener("change", () => camera.files[0] && upload(place, camera.files[0]));
  camera.click();
}

// Fill in a worker's description of a photo where the prompt is empty.
function fillInGuess() {
  for (const place of places()) {
    const guess = place.querySelector(".guess")?.textContent;
    const line = place.closest(".leg").querySelector("textarea");
    if (!guess || !line || line.value.trim() || line.dataset.guessed === guess) continue;
    line.dataset.guessed = guess; // only once: a visitor who deletes it wants an empty prompt
    line.value = guess;
    line.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// ---- the drawing canvas ----
const dialog = document.getElementById("sketchpad");
const sheet = dialog.querySelector("canvas");
const ink = sheet.getContext("2d");
let strokes = [];
let stroke = null; // the stroke being drawn
let pen = { x: 256, y: 256, isDown: false };
let drawsFor = 0;

function openCanvas(place) {
  drawsFor = places().indexOf(place);
  strokes = [];
  pen = { x: 256, y: 256, isDown: false };
  redraw();
  dialog.showModal();
  sheet.focus();
}

function redraw() {
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
  if (document.activeElement === sheet && sheet.matches(":focus-visible")) drawPen();
}

function drawPen() {
  ink.strokeStyle = pen.isDown ? "#c8372d" : "#777";
  ink.lineWidth = 2;
  ink.beginPath();
  ink.arc(pen.x, pen.y, 10, 0, 2 * Math.PI);
  ink.stroke();
}

function begin(point) {
  const colour = dialog.querySelector("[name=ink]:checked").value;
  stroke = { colour, width: Number(dialog.querySelector("#nib").value), points: [point] };
  redraw();
}

function end() {
  if (stroke) strokes.push(stroke);
  stroke = null;
  redraw();
}

function pointAt({ clientX, clientY }) {
  const box = sheet.getBoundingClientRect();
  const side = Math.min(box.width, box.height); // the canvas is square, but its box may be wider
  const left = box.left + (box.width - side) / 2, top = box.top + (box.height - side) / 2;
  return [((clientX - left) * sheet.width) / side, ((clientY - top) * sheet.height) / side];
}

sheet.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  event.preventDefault();
  sheet.setPointerCapture(event.pointerId);
  begin(pointAt(event));
});
sheet.addEventListener("pointermove", (event) => {
  if (!stroke || !sheet.hasPointerCapture(event.pointerId)) return;
  const passed = event.getCoalescedEvents?.() ?? [];
  stroke.points.push(...(passed.length ? passed : [event]).map(pointAt));
  redraw();
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
  redraw();
});
for (const name of ["focus", "blur"]) sheet.addEventListener(name, () => { if (name === "blur" && pen.isDown) { pen.isDown = false; end(); } redraw(); });

dialog.addEventListener("click", ({ target }) => {
  if (target.value === "undo") strokes.pop();
  if (target.value === "clear") strokes = [];
  if (["undo", "clear"].includes(target.value)) redraw();
  if (target.value === "leave") dialog.close();
  if (target.value === "take") uploadDrawing();
});

function uploadDrawing() {
  const place = places()[drawsFor];
  sheet.blur();
  end();
  sheet.toBlob((blob) => {
    dialog.close();
    if (blob && place) upload(place, new File([blob], "drawing.png", { type: "image/png" }));
  }, "image/png");
}

function start() {
  document.querySelectorAll(".brought .ways").forEach((ways) => { ways.hidden = false; });
  document.querySelectorAll(".brought button[value=bring]").forEach((button) => { button.hidden = true; });
  fillInGuess();
}
document.addEventListener("htmx:after:swap", start);
start();
