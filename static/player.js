// The film on a walk's page. While the walk is painted it plays the pictures that are there, and takes in better ones
// without losing its place; afterwards it goes over to the film itself, and the line under it becomes the scrubber.

const { ahead, between, follow, inWords, makeVideo, moveCursor, moved, nearest, shownAt, ticks, turnAt } = await import(
  document.getElementById("reel").href
);

const still = matchMedia("(prefers-reduced-motion: reduce)");
const LONGEST = 0.25; // seconds between two looks at the clock: a page that slept goes on where it was
const CALM = 1000 / 6; // milliseconds: at this pace no film flashes (worker/film/flash_safety.py)
const READY = 3; // a video that can go on from where it is (HAVE_FUTURE_DATA)

const fill = (words, turn, count) => words.replace("{turn}", turn).replace("{count}", count);

class Player {
  playing = !still.matches;
  tick = 0;
  at = -1; // which picture is shown, and by how many ticks it was shown early
  lead = 0;
  changed = -CALM; // when the picture last changed
  loaded = new Map(); // the pictures by address, kept so that the browser has them at hand
  button = Object.assign(document.createElement("button"), { type: "button", className: "link" });
  blend = document.createElement("span");
  count = Object.assign(document.createElement("span"), { className: "quiet count" });

  constructor() {
    this.button.addEventListener("click", (event) => this.toggle(event));
  }

  /* Take in what the page says now: at first, and after each of its changes. */
  take(way, picture) {
    if (picture !== this.picture) this.takePicture(picture);
    if (way.dataset.reel === this.said && way === this.way) return;
    this.way = way;
    this.takeReel(way.dataset.reel);
  }

  takePicture(picture) {
    this.picture = picture;
    this.image = picture.querySelector("img");
    this.shown = "";
    picture.setAttribute("hx-morph-skip", ""); // what it shows is ours from now on
    picture.querySelectorAll("source").forEach((source) => source.remove());
    picture.addEventListener("click", (event) => this.toggle(event));
  }

  takeReel(said) {
    const earlier = this.reel;
    this.said = said;
    this.reel = JSON.parse(said);
    this.last = this.reel.stills.length - 1;
    this.at = this.reel.stills.indexOf(earlier?.stills[this.at]);
    this.image.alt = this.reel.alt;
    if (earlier) this.tick = moved(earlier, this.reel, this.tick);
    else if (still.matches) this.tick = Math.floor((this.reel.count - 1) / 2);
    this.lead = this.at < 0 ? 0 : Math.max(0, ahead(this.reel, this.at, this.tick));
    this.way.querySelector(".player").replaceChildren(this.button);
    this.button.hidden = this.last < 1;
    if (this.reel.isFinished) this.finish();
    else this.load();
    this.draw();
    this.turn(this.playing);
  }

  address(index) {
    return `${this.reel.base}${this.reel.stills[index]}.png`;
  }

  load() {
    this.reel.stills.forEach((_, index) => {
      const address = this.address(index);
      if (this.loaded.has(address)) return;
      const picture = new Image();
      this.loaded.set(address, picture);
      picture.src = address;
      picture.decode().then(() => { picture.isThere = true; if (!this.shown) this.draw(); }, () => this.loaded.delete(address));
    });
  }

  /* Those that can be shown at once; of a finished walk, if it stands still or has no film, all of them. */
  candidates() {
    const all = this.reel.stills.map((_, index) => index);
    const there = all.filter((index) => this.loaded.get(this.address(index))?.isThere);
    return this.reel.isFinished && (!this.video || !this.playing || !there.length) ? all : there;
  }

  /* Show the picture whose turn it is. */
  draw() {
    const there = this.candidates();
    if (!there.length) return;
    const index = there[shownAt(this.reel, there.map((each) => this.reel.turns[each]), this.tick)];
    if (!this.playing) this.stayAt(index);
    else if (this.isHeldBack(index) || this.isTooSoon(index)) return;
    this.lead = Math.max(0, ahead(this.reel, index, this.tick));
    this.at = index;
    if (this.shown === this.address(index)) return;
    this.image.src = this.shown = this.address(index);
    this.changed = performance.now();
  }

  /* A film that is not whole was not looked at for flashes: it leaves pictures out, however many there are by now. */
  isTooSoon(index) {
    return !this.reel.isFinished && this.shown !== this.address(index) && performance.now() - this.changed < CALM;
  }

  /* A picture is shown a little early. One that has come meanwhile and lies before it must not turn the film back. */
  isHeldBack(index) {
    if (this.at < 0) return false;
    const [before, now] = [ahead(this.reel, index, this.tick), ahead(this.reel, this.at, this.tick)];
    return now > 0 && now <= this.lead && before < now;
  }

  /* Stand exactly where the picture is that is shown, so that a better film does not exchange it. */
  stayAt(index) {
    const isBack = this.reel.ending === "back" && this.tick > this.reel.count - 1;
    this.tick = isBack ? ticks(this.reel) - this.reel.turns[index] : this.reel.turns[index];
    this.tellAlone(this.address(index), index);
  }

  /* The clock of the pictures, as long as no video has taken over. */
  run = (now) => {
    const passed = Math.min(LONGEST, (now - (this.before ?? now)) / 1000);
    this.before = now;
    this.asked = 0;
    if (!this.playing || this.isFilming || !this.image.isConnected) { this.before = undefined; return; }
    this.tick = (this.tick + passed * this.reel.fps) % ticks(this.reel);
    this.draw();
    this.tell();
    this.ask();
  };

  ask() {
    this.asked ||= requestAnimationFrame(this.run);
  }

  turn(playing) {
    this.playing = playing;
    this.button.textContent = playing ? this.way.dataset.pause : this.way.dataset.play;
    if (playing) this.play();
    else this.pause();
  }

  toggle(event) {
    event.preventDefault();
    const isOver = this.reel.ending === "stop" && turnAt(this.reel, this.tick) === this.reel.count - 1;
    if (!this.playing && isOver) this.tick = 0;
    this.turn(!this.playing);
  }

  play() {
    if (this.isFilming) return;
    this.ask();
    if (this.video) this.roll();
  }

  /* Start the video where the pictures are; until it runs they go on. */
  roll() {
    if (this.video.readyState < READY) return;
    this.video.currentTime = (Math.floor(this.tick) + 0.5) / this.reel.fps;
    this.video.play().catch((error) => { if (error.name === "NotAllowedError") this.turn(false); });
  }

  pause() {
    const { video } = this;
    this.isFilming = false;
    video?.pause();
    this.draw();
    this.tell();
    if (video) this.image.decode().catch(() => {}).then(() => { video.hidden = !this.isFilming; });
  }

  /* The walk is finished: bring the film, and make the line its scrubber. */
  finish() {
    if (this.reel.film) this.bringVideo();
    this.way.querySelector(".no-script")?.remove();
    this.way.querySelector(".player").append(this.count, this.blend);
    this.blend.style.flex = "1 1 0"; // long names break where they stand: nothing moves when two of them are named
    this.ruler = this.way.querySelector(".ruler");
    this.range = makeRange(this);
    this.ruler.prepend(this.range);
    this.tell();
  }

  bringVideo() {
    const video = makeVideo(this.reel.film);
    this.video = video;
    video.hidden = true;
    video.addEventListener("canplay", () => { if (this.playing && !this.isFilming && video.paused) this.roll(); });
    video.addEventListener("playing", () => { if (this.playing) { this.isFilming = true; video.hidden = false; } });
    video.addEventListener("error", () => { video.remove(); this.video = null; this.isFilming = false; this.turn(this.playing); });
    this.picture.append(video);
    follow(video, (time) => {
      if (!this.isFilming) return;
      this.tick = time * this.reel.fps + 0.01;
      this.tell();
    });
  }

  /* Say where the film is, on the line and in words. */
  tell() {
    if (!this.range) return;
    const { names, positions, count } = this.reel;
    const turn = turnAt(this.reel, this.tick);
    if (this.told === turn) return;
    this.told = turn;
    const words = inWords(between(names, positions[turn]));
    moveCursor(this.ruler, (100 * positions[turn]) / (names.length - 1), 5);
    this.range.value = turn;
    this.range.setAttribute("aria-valuetext", `${words}, ${fill(this.way.dataset.frameSaid, turn + 1, count)}`);
    this.blend.textContent = words;
    this.count.textContent = fill(this.way.dataset.frame, turn + 1, count);
  }

  tellAlone(address, index) {
    const [alone, ...others] = ["alone", "making", "alike"].map((id) => document.getElementById(id));
    for (const link of others) if (link) link.href = link.href.replace(/\d+$/, index);
    if (!alone) return;
    alone.href = address;
    alone.download = `${location.pathname.split("/").pop()}-${index}.png`;
    alone.firstElementChild.textContent = this.way.dataset.alone;
    alone.lastElementChild.textContent = "PNG";
  }

  /* Go to a frame, and stay there. */
  to(index) {
    this.tick = Math.min(this.last, Math.max(0, index));
    this.turn(false);
    if (this.video) this.video.hidden = true;
  }
}

/* The scrubber: it steps through the frames; a pointer goes to the frame that lies nearest under it. */
function makeRange(player) {
  const { positions, names, count } = player.reel;
  const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: count - 1, step: 1 });
  range.setAttribute("aria-label", player.way.dataset.place);
  const stop = (position) => nearest(positions, position);
  const turn = () => turnAt(player.reel, player.tick);
  const keys = {
    ArrowLeft: () => turn() - 1, ArrowDown: () => turn() - 1, ArrowRight: () => turn() + 1, ArrowUp: () => turn() + 1,
    PageUp: () => stop(Math.floor(positions[turn()] + 1e-6) + 1), PageDown: () => stop(Math.ceil(positions[turn()] - 1e-6) - 1),
    Home: () => 0, End: () => count - 1,
  };
  let isHeld = false;
  const point = ({ clientX }) => {
    const { left, width } = player.ruler.getBoundingClientRect();
    player.to(stop(((clientX - left) / width) * (names.length - 1)));
  };
  range.addEventListener("pointerdown", (event) => { isHeld = event.button === 0; if (isHeld) point(event); });
  range.addEventListener("pointermove", (event) => isHeld && point(event));
  ["pointerup", "pointercancel", "lostpointercapture"].forEach((name) => range.addEventListener(name, () => { isHeld = false; }));
  // The browser moves its own thumb by equal steps; the frames do not lie so.
  range.addEventListener("input", () => { if (isHeld) range.value = turn(); else player.to(range.valueAsNumber); });
  range.addEventListener("change", () => { range.value = turn(); });
  range.addEventListener("keydown", (event) => {
    if (event.key === " ") player.toggle(event);
    else if (keys[event.key] && !event.altKey && !event.ctrlKey && !event.metaKey) { event.preventDefault(); player.to(keys[event.key]()); }
  });
  return range;
}

let player = null;

function start() {
  const [way, picture] = [document.querySelector("#walk .way[data-reel]"), document.querySelector("#walk picture.film")];
  if (!way || !picture) return;
  player ??= new Player();
  player.take(way, picture);
}

document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target === document.body && player?.image.isConnected) player.toggle(event);
});
// Shown again from the browser's memory: a video that was stopped there goes on where it was.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || !player?.playing) return;
  if (player.video?.paused) player.isFilming = false;
  player.play();
});
window.addEventListener("beforeprint", () => { if (player?.range) player.to(nearest(player.reel.positions, (player.reel.names.length - 1) / 2)); });
document.addEventListener("htmx:after:swap", start);
start();
