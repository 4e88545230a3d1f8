// SPDX-License-Identifier: MIT
// The words of the operator's page in German, and for each text
// of its HTML the German one.

import { number } from "./words.js";

const pixels = n => n === 1 ? "1 Pixel" : `${number(n)} Pixel`;

export const words = {
	live: (plugins, rate) => `live · ${plugins} Wege offen · ${number(rate)} Pixel/s`,
	lost: "keine Verbindung, neuer Versuch …",
	unreachable: "Die Wand antwortet nicht. Nichts wurde getan; versuch es wieder, wenn hier „live“ steht.",
	wrong_token: "Das Token ist falsch, oder die Wand hat keines: admin-token von [plugin http] in murald.conf setzt es.",
	too_many_tokens: seconds => `Zu viele falsche Token von hier. Versuch es in ${seconds} s wieder.`,
	answered: status => `Die Wand antwortete mit ${status}.`,

	freeze: "Einfrieren",
	frozen: "Eingefroren",
	all_painting: "alles Malen",
	press_to_thaw: "antippen taut auf",

	whole: "die ganze Wand",
	not_a_part: "Schreib BxH+X+Y, etwa 200x100+0+0.",
	outside: (width, height) => `Die Wand hat ${width}x${height} Pixel; das liegt außerhalb.`,

	acts: { restore: "Zurückholen", clear: "Leeren", freeze: "Teil einfrieren", protect: "Schützen", undo: "Quelle rückgängig" },
	cleared_to: "Neue Farbe",
	clear_effect: (part, changed, all) =>
		`Leeren, ${part}: ändert ${number(changed)} von ${pixels(all)}, wie gezeigt. Lässt sich rückgängig machen.`,
	restored_to: "Wie es war um",
	ago: seconds => seconds < 120 ? `vor ${seconds} s` : `vor ${Math.round(seconds / 60)} min`,
	restore_effect: (part, time, changed) =>
		`Zurückholen, ${part}, wie um ${time}: ändert ${pixels(changed)}, wie gezeigt. Andere malen weiter.`,
	restore_waits: "Holt, wie es aussah …",
	nothing_recorded: "Nichts wurde aufgezeichnet: record.file in murald.conf schaltet das ein.",
	freeze_effect: part => `Niemand außer der Leitung malt hier, bis du es auftaust: ${part}.`,
	protect_effect: part => `Niemand außer der Leitung malt von nun an hier: ${part}.`,
	thaw: rect => `${rect} auftauen`,
	unprotect: rect => `${rect} freigeben`,
	source: "Quelle",
	since: "Gemalt",
	sinces: { "": "irgendwann", "-10min": "in den letzten 10 min", "-1h": "in der letzten Stunde" },
	which_source: "Welche Quelle? Wähl eine, oder tipp auf der Wand einen Pixel von ihr an.",
	undo_effect: (source, part, n, unknown) =>
		`${source} rückgängig, ${part}: was unter ${pixels(n)} war, kommt wieder` +
		(unknown ? `; unter ${number(unknown)} weiß es niemand.` : "."),
	show_source: "Auf dem Schirm zeigen",

	done: {
		freeze: part => `eingefroren: ${part}`,
		thaw: part => `aufgetaut: ${part}`,
		protect: part => `geschützt: ${part}`,
		unprotect: part => `freigegeben: ${part}`,
		clear: (part, colour, n) => `geleert: ${part}, ${colour}, ${pixels(n)}`,
		restore: (part, time, n) => `zurückgeholt: ${part}, ${time}, ${pixels(n)}`,
		undo: (source, part, n) => `${source} rückgängig gemacht: ${part}, ${pixels(n)}`,
		ban: (net, time) => time ? `ausgesperrt: ${net}, ${time}` : `ausgesperrt: ${net}`,
		unban: net => `wieder zugelassen: ${net}`,
		notice: text => `gezeigt: „${text}“`,
		no_notice: "Hinweis weggenommen",
		back: text => `rückgängig: ${text}`,
	},
	undo: text => `Rückgängig: ${text}`,
	nothing_to_undo: "Nichts rückgängig zu machen",
	not_done: why => `Nicht getan: ${why}.`,

	ban: "Aussperren …",
	ban_source: source => `${source} aussperren`,
	unban: "Zulassen",
	unban_net: net => `${net} zulassen`,
	no_bans: "Niemand ist ausgesperrt.",
	banned_until: time => `bis ${time}`,
	banned_out: "auch vom Zusehen",
	at_least: "mindestens; die Adresse lässt sich fälschen",
	connections: n => n === 1 ? "1 Verbindung" : `${number(n)} Verbindungen`,
	ban_hits: (net, sources) => sources.length
		? `${net} ist ${sources.join(", ")}, gerade am Malen.`
		: `Niemand, der gerade malt, ist in ${net}.`,
	ban_doubt: why => `Nicht getan: ${why}. Drück noch einmal, wenn du es so meinst.`,
	ban_really: "Trotzdem aussperren",
	ban_do: "Aussperren",

	pixel: (x, y, colour) => `${x}, ${y}: ${colour}`,
	whose: (source, protocol, time) => [source, protocol, time].filter(word => word).join(", "),
	undo_source: "Rückgängig …",

	saving: file => `Wird in ${file} geschrieben.`,
	reloaded: ({ opened, closed, failed }) => `Gilt nun: ${opened} geöffnet, ${closed} geschlossen, ${failed} misslungen.`,

	board_now: ({ width, height, enabled, pixel_rate, stats }) =>
		`Das Pixelbrett mit ${width}×${height} Feldern ist ${enabled ? "an" : "aus"}; ${pixel_rate} ms zwischen zwei Pixeln; ` +
		`Pixel bisher: ${number(stats.pixels)}.`,
	board_done: "Erledigt.",
	board_answered: status => `Das Pixelbrett antwortete mit ${status}.`,
	removed: n => `${n} entfernt.`,
};

export const html = {
	"murald: the operator's page": "murald: die Seite der Leitung",
	"the operator's page": "die Seite der Leitung",
	"connecting …": "verbindet …",
	"Freeze": "Einfrieren",
	"all painting": "alles Malen",
	"Who are you?": "Wer bist du?",
	"Admin token": "Admin-Token",
	"Sign in": "Anmelden",
	"The wall": "Die Wand",
	"The wall, live": "Die Wand, live",
	"Arrow keys move the chosen part, with Shift they change its size; Escape cancels.":
		"Pfeiltasten bewegen den gewählten Teil, mit Umschalt ändern sie seine Größe; Escape bricht ab.",
	"Part": "Teil",
	"Whole wall": "Ganze Wand",
	"With this part": "Mit diesem Teil",
	"What to do": "Was zu tun ist",
	"Details": "Einzelheiten",
	"Cancel": "Abbrechen",
	"What was done": "Was getan wurde",
	"Nothing to undo": "Nichts rückgängig zu machen",
	"Who paints": "Wer malt",
	"Sources": "Quellen",
	"Source": "Quelle",
	"Pixels/s": "Pixel/s",
	"Act": "Tun",
	"Ban a network …": "Ein Netz aussperren …",
	"Notice to all": "Hinweis an alle",
	"Text": "Text",
	"For": "Für",
	"5 min": "5 min",
	"30 min": "30 min",
	"until taken away": "bis er weggenommen wird",
	"Show": "Zeigen",
	"Take it away": "Wegnehmen",
	"The wall's files": "Die Dateien der Wand",
	"Save the picture now": "Das Bild jetzt sichern",
	"Read the config again": "Die Konfiguration neu lesen",
	"The pixel board": "Das Pixelbrett",
	"Milliseconds between two pixels": "Millisekunden zwischen zwei Pixeln",
	"Set the rate": "Takt setzen",
	"Remove generators by author": "Generatoren entfernen, nach Autor",
	"or by name": "oder nach Namen",
	"idle for at least so many seconds": "mindestens so viele Sekunden untätig",
	"Remove them": "Entfernen",
	"Switch the board on": "Das Brett einschalten",
	"Switch it off": "Es ausschalten",
	"Ban": "Aussperren",
	"Address or network": "Adresse oder Netz",
	"10 min": "10 min",
	"1 hour": "1 Stunde",
	"12 hours": "12 Stunden",
	"good": "immer",
	"From": "Wovon",
	"painting": "vom Malen",
	"painting and looking": "vom Malen und Zusehen",
	"Why, as those who are banned are told": "Warum, wie es die Ausgesperrten lesen",
	"More": "Mehr",
	"Forget the token": "Token vergessen",
};
