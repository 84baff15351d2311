// Tom Select without what its plugins bring, but the way to take one of several out again.
import TomSelect from "tom-select/base";
import removeButton from "tom-select/plugins/remove_button/plugin.js";

TomSelect.define("remove_button", removeButton);
window.TomSelect = TomSelect;
