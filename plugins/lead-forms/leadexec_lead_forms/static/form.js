// Moves the focus to what is new; inside another page, tells it how high the form is.
(() => {
  "use strict";
  const fresh = document.querySelector("[data-focus]");
  if (fresh && (fresh.getAttribute("role") === "alert" || document.documentElement.classList.contains("embedded"))) {
    fresh.focus({ preventScroll: window.parent !== window });
  }
  if (window.parent === window) return;
  const tell = (message) => window.parent.postMessage({ type: "leadexec-form", ...message }, "*");
  const measure = () => tell({ height: Math.ceil(document.body.getBoundingClientRect().height) });
  new ResizeObserver(measure).observe(document.body);
  measure();
  if (fresh) tell({ changed: true });
  const going = document.querySelector("[data-redirect]");
  if (going) tell({ redirect: going.dataset.redirect });
})();
