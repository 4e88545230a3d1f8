// SPDX-License-Identifier: MIT
// Records a canvas as a video, by the browser, and saves it.

import { w } from "./film-words.js";
import { with_duration } from "./film-webm.js";

const TYPES = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];

const FRAMES_A_SECOND = 30;
const BITS_A_SECOND = 8e6;

// The last picture is shown for so long: people want to see it, and of a film of a moment
// the browser would have recorded nothing.
const LAST_MS = 1000;

export class Recorder {
	static type = globalThis.MediaRecorder && TYPES.find(type => MediaRecorder.isTypeSupported(type));
	static is_possible = Boolean(Recorder.type && HTMLCanvasElement.prototype.captureStream);

	// `tell` is told what to say, `end` when it is over.
	constructor(canvas, tell, end) {
		Object.assign(this, { tell, end, parts: [] });
		this.media = new MediaRecorder(canvas.captureStream(FRAMES_A_SECOND),
			{ mimeType: Recorder.type, videoBitsPerSecond: BITS_A_SECOND });
		this.media.ondataavailable = event => this.parts.push(event.data);
		this.media.onstop = () => this.stopped();
		this.hidden = () => document.hidden && this.cancel(w("stopped")); // nothing is drawn then
		document.addEventListener("visibilitychange", this.hidden);
		this.media.start(1000);
		this.begun = performance.now();
		this.progress(0);
	}

	progress(part) {
		this.tell(w("saving", { n: Math.floor(part * 100) }));
	}

	finish() {
		this.finishing = setTimeout(() => {
			this.save = true;
			this.lasted = performance.now() - this.begun;
			this.media.stop();
		}, LAST_MS);
	}

	cancel(why) {
		clearTimeout(this.finishing);
		this.why = why;
		this.media.stop();
	}

	// The first part says what the video is.
	async timed_parts() {
		const [first, ...rest] = this.parts;

		if (!first || !Recorder.type.startsWith("video/webm"))
			return this.parts;
		return [with_duration(new Uint8Array(await first.arrayBuffer()), this.lasted), ...rest];
	}

	async stopped() {
		document.removeEventListener("visibilitychange", this.hidden);
		this.tell(this.save ? w("saved") : this.why);
		if (this.save) {
			const type = Recorder.type.split(";")[0], blob = new Blob(await this.timed_parts(), { type });
			const link = Object.assign(document.createElement("a"),
				{ href: URL.createObjectURL(blob), download: `wall.${type.split("/")[1]}` });

			link.click();
			setTimeout(() => URL.revokeObjectURL(link.href), 60000);
			this.saved = blob.size;
			this.blob = blob;
		}
		this.end();
	}
}
