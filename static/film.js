// Films: posters that play on hover, focus or tap, and the line under a film as its scrubber.

const still = matchMedia("(prefers-reduced-motion: reduce)");

function between(names, position) {
  const leg = Math.min(Math.floor(position), names.length - 2);
  const share = position - leg;
  const second = share <= 0 ? 0 : share >= 1 ? 100 : Math.min(99, Math.max(1, Math.round(100 * share)));
  return [[100 - second, names[leg]], [second, names[leg + 1]]].filter(([percent]) => percent);
}

const inWords = (parts) => parts.map(([percent, name]) => `${percent} % ${name}`).join(" · ");

function moveCursor(line, percent, width) {
  const cursor = line.querySelector(".cursor");
  cursor.setAttribute("x", `${percent}%`);
  cursor.setAttribute("transform", `translate(${-width / 2})`);
  cursor.setAttribute("visibility", "visible");
  line.querySelector(".walked").setAttribute("width", `${percent}%`);
}

function makeVideo(address) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, loop: true, playsInline: true, preload: "auto", src: address, tabIndex: -1 });
  video.setAttribute("aria-hidden", "true");
  return video;
}

// Call back with the video's time for each of its frames, until it leaves the page.
function follow(video, tell) {
  const next = video.requestVideoFrameCallback
    ? () => video.requestVideoFrameCallback((_now, { mediaTime }) => step(mediaTime))
    : () => requestAnimationFrame(() => step(video.currentTime));
  const step = (time) => {
    if (!video.isConnected) return;
    if (!video.paused) tell(time);
    next();
  };
  next();
}

/* Posters: one film at a time. */
let stopPoster = () => {};

function playPoster(poster) {
  if (poster.querySelector("video")) return;
  stopPoster();
  const line = poster.querySelector(".small-line");
  const detail = poster.querySelector(".detail");
  const said = [...detail.childNodes];
  const names = JSON.parse(poster.dataset.names);
  const video = makeVideo(poster.dataset.film);
  stopPoster = () => {
    video.remove();
    detail.replaceChildren(...said);
    line.querySelector(".cursor").setAttribute("visibility", "hidden");
    line.querySelector(".walked").setAttribute("width", 0);
    stopPoster = () => {};
  };
  video.hidden = true;
  poster.querySelector(".picture").append(video);
  follow(video, (time) => {
    video.hidden = false;
    const share = Math.min(1, time / (video.duration - 0.08));
    const [percent, name] = between(names, share * (names.length - 1)).sort((a, b) => b[0] - a[0])[0];
    moveCursor(line, 100 * share, 3);
    detail.textContent = `Playing, ${percent} % ${name}`;
  });
  video.play().catch(() => {});
}

function readyPoster(poster) {
  const picture = poster.querySelector(".picture");
  if (!poster.dataset.film || picture.dataset.ready) return;
  picture.dataset.ready = "";
  const unlessStill = () => still.matches || playPoster(poster);
  picture.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && unlessStill());
  picture.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && stopPoster());
  picture.addEventListener("focus", () => picture.matches(":focus-visible") && unlessStill());
  picture.addEventListener("blur", () => stopPoster());
  let touched = false;
  picture.addEventListener("pointerdown", ({ pointerType }) => { touched = pointerType === "touch"; });
  picture.addEventListener("click", (event) => {
    if (!touched || still.matches) return;
    event.preventDefault();
    if (poster.querySelector("video")) stopPoster();
    else playPoster(poster);
  });
}

/* The scrubber */
function readyWalk(way) {
  const picture = document.querySelector("picture.film");
  if (!way || way.dataset.ready || !picture) return;
  way.dataset.ready = "";
  const names = JSON.parse(way.dataset.names);
  const positions = JSON.parse(way.dataset.positions);
  const fps = Number(way.dataset.fps);
  const last = positions.length - 1;
  const legs = names.length - 1;
  const image = picture.querySelector("img");
  const ruler = way.querySelector(".ruler");
  const alone = document.getElementById("alone");
  const address = (index) => `${way.dataset.stills}${index}.png`;

  const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1000, step: 1 });
  range.setAttribute("aria-label", "Place on the walk");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link" });
  const blend = document.createElement("span");
  const count = Object.assign(document.createElement("span"), { className: "quiet count" });
  ruler.prepend(range);
  way.querySelector(".under").replaceChildren(button, blend, count);
  picture.querySelectorAll("source").forEach((source) => source.remove());

  let video = way.dataset.film ? makeVideo(way.dataset.film) : null;
  let index = Math.floor(last / 2);
  let timer = 0;
  let playing = false;

  function show(at) {
    index = Math.min(last, Math.max(0, at));
    const percent = (100 * positions[index]) / legs;
    const words = inWords(between(names, positions[index]));
    moveCursor(ruler, percent, 5);
    range.value = Math.round(10 * percent);
    range.setAttribute("aria-valuetext", `${words}, frame ${index + 1} of ${last + 1}`);
    blend.textContent = words;
    count.textContent = `Frame ${index + 1} of ${last + 1}`;
  }

  function hang() {
    image.src = address(index);
    if (!alone) return;
    alone.href = address(index);
    alone.firstElementChild.textContent = "This picture alone";
    alone.lastElementChild.textContent = "PNG";
  }

  function pause() {
    playing = false;
    clearInterval(timer);
    video?.pause();
    hang();
    const shown = video;
    image.decode().catch(() => {}).then(() => { if (!playing && shown) shown.hidden = true; });
    button.textContent = "Play";
  }

  function playStills() {
    timer = setInterval(() => { show((index + 1) % (last + 1)); image.src = address(index); }, 1000 / fps);
  }

  function play() {
    playing = true;
    button.textContent = "Pause";
    if (!video) return playStills();
    video.currentTime = index === last ? 0 : (index + 0.5) / fps;
    return video.play().catch((error) => { if (error.name === "NotAllowedError") pause(); });
  }

  function to(at) {
    show(at);
    if (playing) pause();
    else hang();
    if (video) video.hidden = true;
  }

  const nearest = (position) => positions.reduce((best, p, i) => (Math.abs(p - position) < Math.abs(positions[best] - position) ? i : best), 0);
  const keys = {
    ArrowLeft: () => index - 1, ArrowDown: () => index - 1, ArrowRight: () => index + 1, ArrowUp: () => index + 1,
    PageUp: () => nearest(Math.floor(positions[index] + 1e-6) + 1), PageDown: () => nearest(Math.ceil(positions[index] - 1e-6) - 1),
    Home: () => 0, End: () => last,
  };

  range.addEventListener("input", () => to(nearest((legs * range.value) / 1000)));
  range.addEventListener("change", () => show(index));
  range.addEventListener("keydown", (event) => {
    if (event.key === " ") toggle(event);
    else if (keys[event.key]) { event.preventDefault(); to(keys[event.key]()); }
  });
  function toggle(event) {
    event.preventDefault();
    if (playing) pause();
    else play();
  }
  button.addEventListener("click", toggle);
  picture.addEventListener("click", toggle);
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target === document.body && way.isConnected) toggle(event);
  });

  window.addEventListener("beforeprint", () => way.isConnected && to(nearest(legs / 2)));

  if (video) {
    picture.append(video);
    video.addEventListener("playing", () => { video.hidden = false; });
    video.addEventListener("error", () => { video.remove(); video = null; if (playing) playStills(); });
    video.hidden = true;
    follow(video, (time) => playing && show(Math.min(last, Math.floor(time * fps + 0.01))));
  }
  show(still.matches ? index : 0);
  if (still.matches) { hang(); button.textContent = "Play"; } else play();
}

function start() {
  document.querySelectorAll(".poster").forEach(readyPoster);
  readyWalk(document.querySelector("[data-walk]"));
}

document.addEventListener("htmx:after:swap", start);
start();
