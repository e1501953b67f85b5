// A walk's page besides its film: copying the link, and leaving when the walk is taken down meanwhile.

function start() {
  const copy = document.getElementById("copy");
  if (!copy || !navigator.clipboard) return;
  copy.closest("li").hidden = false;
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(new URL(location.pathname, location.href).href);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Copy it from the line below";
    }
  };
}

document.addEventListener("htmx:after:swap", start);
document.addEventListener("htmx:response:error", ({ detail }) => {
  if ([404, 410].includes(detail.ctx.response.status)) location.reload();
});
start();
