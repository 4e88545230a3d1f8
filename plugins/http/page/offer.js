// SPDX-License-Identifier: MIT
// Takes a picture that is chosen, dropped or pasted; what it is painted with comes then.

const element = id => document.getElementById(id);

export class Offer {
	// `page` is what the picture's sheet gets; `changed` is called when it is opened, sized or closed.
	constructor(page, changed) {
		Object.assign(this, { page, changed, sheet: null });
		element("drop").hidden = false;
		element("drop").addEventListener("click", () => element("file").click());
		element("file").addEventListener("change", ({ target }) => {
			this.take(target.files[0]);
			target.value = ""; // the same again is a change, too
		});
		addEventListener("dragover", event => event.preventDefault());
		addEventListener("drop", event => {
			event.preventDefault();
			this.take(event.dataTransfer.files[0]);
		});
		addEventListener("paste", event => this.take(event.clipboardData.files[0]));
	}

	async take(file) {
		if (!file)
			return;
		const { Sheet } = await import("./picture.js");

		if (!this.sheet) {
			this.sheet = new Sheet(this.page, { sized: this.changed, closed: () => this.close() });
			this.changed();
		}
		await this.sheet.take(file);
	}

	close() {
		this.sheet = null;
		this.changed();
		element("drop").focus();
	}
}
