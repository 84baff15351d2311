"""Files people attach: where the bytes lie, who may have them."""
