// On other websites, beside <iframe data-tenantry-form>: hands the campaign on to the form, and gives it the height it needs.
(() => {
  "use strict";
  const CAMPAIGN = /^(utm_(source|medium|campaign|term|content)|gclid|fbclid|msclkid)$/;
  const frames = () => document.querySelectorAll("iframe[data-tenantry-form]");
  const brought = [...new URLSearchParams(location.search)].filter(([name]) => CAMPAIGN.test(name));
  for (const frame of frames()) {
    const address = new URL(frame.src);
    for (const [name, value] of brought) address.searchParams.set(name, value);
    address.searchParams.set("page", location.origin + location.pathname);
    if (document.referrer) address.searchParams.set("referrer", document.referrer);
    if (frame.src !== address.href) frame.src = address.href;
  }
  addEventListener("message", (event) => {
    const height = event.data && event.data.tenantryFormHeight;
    if (typeof height !== "number" || !(height > 0)) return;
    for (const frame of frames()) {
      const ours = event.source === frame.contentWindow && event.origin === new URL(frame.src).origin;
      if (ours) frame.style.height = `${Math.min(Math.ceil(height), 5000)}px`;
    }
  });
})();
