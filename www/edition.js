// Which edition of the page this is. `make dist` writes its own file in place of this one; the page as `make serve` has it
// changes under one's hands and is not kept for when there is no network.

export const edition = "";
