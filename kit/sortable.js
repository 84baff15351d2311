// Sortable with the one plugin that scrolls while something is carried.
import Sortable, { AutoScroll } from "sortablejs/modular/sortable.core.esm.js";

Sortable.mount(new AutoScroll());
window.Sortable = Sortable;
