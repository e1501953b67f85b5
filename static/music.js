// The sound of a film that is set to music: off until it is asked for, its volume, and captions of what the music does.

const wordsOf = (player) => player.way.dataset;

/* Add the controls of the sound to a player, once for each video. */
export function offerSound(player) {
  const { video, way } = player;
  if (!video || way.querySelector("#sound")) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link", id: "sound" });
  const volume = Object.assign(document.createElement("input"), { type: "range", className: "volume", min: 0, max: 100, value: 100, hidden: true });
  volume.setAttribute("aria-label", wordsOf(player).volume);
  const name = () => {
    button.textContent = video.muted ? wordsOf(player).soundOn : wordsOf(player).soundOff;
    volume.hidden = video.muted;
  };
  button.addEventListener("click", () => {
    video.muted = !video.muted;
    if (!video.muted && !player.playing) player.turn(true);
    name();
  });
  volume.addEventListener("input", () => { video.volume = volume.valueAsNumber / 100; });
  name();
  player.count.after(button, volume);
  const caption = Object.assign(document.createElement("span"), { className: "quiet captions" });
  player.blend.after(caption);
  player.blend.style.flex = "1 1 10em"; // beside the volume, it would be narrow on a phone
  const { captions } = player.reel.music;
  const say = (time) => { caption.textContent = captions.findLast(([second]) => second <= time)?.[1] ?? ""; };
  say(0);
  document.addEventListener("film:moved", ({ detail }) => caption.isConnected && say(detail));
}
