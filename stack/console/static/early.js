// Runs before the first paint so that a remembered colour scheme does not flash.
try {
  const theme = localStorage.getItem("plainview-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden: the system's scheme is right then.
}
