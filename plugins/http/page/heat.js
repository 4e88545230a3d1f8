// SPDX-License-Identifier: MIT
// Where was painted much of late, over the dimmed wall: dark, red, yellow, white.

// /heat.png has a pixel for so many of the wall, each way.
const TILE = 32;

const AGAIN_MS = 2000;

// From a grey of the picture: colour and opacity, 0 to 255.
function glow(grey) {
	return [grey * 3, grey * 3 - 255, grey * 3 - 510, 153 + grey * 0.2];
}

export class Heat {
	constructor(box, view) {
		this.view = view;
		this.canvas = document.createElement("canvas");
		this.canvas.className = "heat";
		this.canvas.style.cssText = "position: absolute; transform-origin: 0 0";
		box.prepend(this.canvas);
		this.timer = setInterval(() => this.look(), AGAIN_MS);
		this.look();
	}

	async look() {
		if (document.hidden)
			return;
		const answer = await fetch("/heat.png", { cache: "no-store" }).catch(() => null);

		if (answer?.ok)
			this.draw(await createImageBitmap(await answer.blob()));
	}

	draw(picture) {
		const { canvas } = this, context = canvas.getContext("2d");

		canvas.width = picture.width;
		canvas.height = picture.height;
		context.drawImage(picture, 0, 0);
		const image = context.getImageData(0, 0, canvas.width, canvas.height);

		for (let i = 0; i < image.data.length; i += 4)
			image.data.set(glow(image.data[i]), i);
		context.putImageData(image, 0, 0);
		this.move();
	}

	// The view is another one.  Tiles at the edges may be cut.
	move() {
		const { canvas: { style, width, height }, view: { wall, left, top, z } } = this;

		style.width = `${width * TILE}px`;
		style.height = `${height * TILE}px`;
		style.clipPath = `inset(0 ${width * TILE - wall.width}px ${height * TILE - wall.height}px 0)`;
		style.transform = `translate(${left}px, ${top}px) scale(${z})`;
	}

	// Returns what there is then: nothing.
	close() {
		clearInterval(this.timer);
		this.canvas.remove();
		return null;
	}
}
