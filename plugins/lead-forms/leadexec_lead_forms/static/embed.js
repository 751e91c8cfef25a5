// Puts a lead form into the page, as high as it is:
// <script src="https://…/plugins/lead-forms/<slug>/embed.js" data-title="…" async></script>
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const source = new URL(script.src);
  const query = new URLSearchParams({
    embed: "1",
    page: location.href.slice(0, 2000),
    referrer: document.referrer.slice(0, 2000),
  });
  const frame = document.createElement("iframe");
  frame.src = source.origin + source.pathname.replace(/\/embed\.js$/, "") + "?" + query;
  frame.title = script.dataset.title || "Form";
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  Object.assign(frame.style, { display: "block", width: "100%", height: "30rem", border: "0" });
  const place = script.dataset.target && document.querySelector(script.dataset.target);
  if (place) place.append(frame);
  else script.after(frame);
  addEventListener("message", (event) => {
    const told = event.data;
    if (event.source !== frame.contentWindow || event.origin !== source.origin) return;
    if (!told || told.type !== "leadexec-form") return;
    if (told.height > 0) frame.style.height = Math.min(told.height, 20000) + "px";
    if (told.changed) frame.scrollIntoView({ block: "nearest" });
    if (/^https?:\/\//i.test(told.redirect || "")) location.assign(told.redirect);
  });
})();
