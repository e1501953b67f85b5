// A walk's page, except for its film: the star, a reload when the walk is deleted meanwhile; and, also of collections and
// captions, sharing and copy buttons.

async function copy({ currentTarget: button }) {
  const text = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText((text.value ?? text.textContent).trim());
    button.textContent = button.dataset.copied;
  } catch {
    if (text.select) text.select();
    else getSelection().selectAllChildren(text);
    // Some browsers refuse the clipboard, but copy what is selected.
    button.textContent = document.execCommand("copy") ? button.dataset.copied : button.dataset.selected;
  }
}

const SHARED_BYTES = 32 * 2 ** 20; // a larger film is shared by its link

/* Share the film itself where the system takes it, else the link. */
async function share() {
  const { film, title } = document.getElementById("share").dataset;
  const link = { title, url: document.getElementById("link").textContent.trim() };
  const file = film && (await fetchFilm(film, `${link.url.split("/").pop()}.mp4`).catch(() => null));
  const files = file && navigator.canShare?.({ files: [file] }) ? { files: [file] } : {};
  await navigator.share({ ...link, ...files }).catch(() => {}); // the visitor may close the sheet
}

/* "Share" under the film shares at once: by the system's sheet, else by a copied link. Else it leads to the ways to share. */
async function shareHere(event) {
  const { currentTarget: button } = event;
  if (navigator.share) {
    event.preventDefault();
    return share();
  }
  if (!navigator.clipboard) return;
  event.preventDefault();
  try {
    await navigator.clipboard.writeText(document.getElementById("link").textContent.trim());
    button.textContent = button.dataset.copied;
  } catch {
    location.hash = "sharing";
  }
}

async function fetchFilm(address, name) {
  const answer = await fetch(address);
  if (!answer.ok || Number(answer.headers.get("Content-Length")) > SHARED_BYTES) return null;
  return new File([await answer.blob()], name, { type: "video/mp4" });
}

/* The star answers in place; where that fails, the form is sent as without scripts. */
async function mark(event) {
  event.preventDefault();
  const { currentTarget: form, submitter: button } = event;
  const body = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (answer?.type !== "opaqueredirect") {
    form.onsubmit = null;
    form.requestSubmit(button);
    return;
  }
  const isFavourite = button.value === "1";
  button.setAttribute("aria-pressed", isFavourite);
  button.value = isFavourite ? "0" : "1";
}

function start() {
  const star = document.querySelector("form#favourite");
  if (star) star.onsubmit = mark;
  const sheet = document.getElementById("share");
  if (sheet && navigator.share) {
    sheet.closest("li").hidden = false;
    sheet.onclick = share;
  }
  const here = document.getElementById("share-here");
  if (here) here.onclick = shareHere;
  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.closest(".copy").hidden = false;
    button.onclick = copy;
  });
}

document.addEventListener("htmx:after:swap", start);
document.addEventListener("htmx:response:error", ({ detail }) => {
  if ([404, 410].includes(detail.ctx.response.status)) location.reload();
});
start();
