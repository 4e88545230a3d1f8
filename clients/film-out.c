/* SPDX-License-Identifier: MIT */
/* Writes a film as YUV4MPEG2 into a file or pipe, or to ffmpeg, which makes a video. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "film.h"

/* How a shell says that a program is missing. */
#define EXIT_MISSING 127

#define READ                                                                             \
	"ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-f", "yuv4mpegpipe", "-i",    \
		"pipe:0", "-colorspace", "bt709", "-color_primaries", "bt709",           \
		"-color_trc", "bt709", "-pix_fmt", "yuv420p"

static const char *const mp4[] = { READ, "-c:v", "libx264", "-preset", "veryfast", "-crf",
	"18", "-movflags", "+faststart", "-f", "mp4", NULL };
static const char *const webm[] = { READ, "-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "24",
	"-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1", "-f", "webm", NULL };

static bool
ends_with(const char *path, const char *end)
{
	size_t len = strlen(path);

	return len > strlen(end) && strcmp(path + len - strlen(end), end) == 0;
}

static int
write_all(struct film_out *out, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(out->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* In the child; the file's name is no option, whatever it begins with. */
static void
become_ffmpeg(const char *const *arguments, const char *path, int input)
{
	char *words[48], name[4096];
	size_t n = 0;

	while (arguments[n]) {
		words[n] = (char *)arguments[n];
		n++;
	}
	snprintf(name, sizeof(name), "file:%s", path);
	words[n++] = name;
	words[n] = NULL;
	if (dup2(input, STDIN_FILENO) >= 0)
		execvp(words[0], words);
	_exit(EXIT_MISSING);
}

static int
start_ffmpeg(struct film_out *out, const char *const *arguments)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return console_error(-errno, "cannot make a pipe: %s", strerror(errno));
	out->pid = fork();
	if (out->pid == 0)
		become_ffmpeg(arguments, out->path, ends[0]);
	close(ends[0]);
	if (out->pid < 0) {
		int ret = -errno;

		close(ends[1]);
		return console_error(ret, "cannot start ffmpeg: %s", strerror(-ret));
	}
	out->fd = ends[1];
	return 0;
}

static int
open_file(struct film_out *out)
{
	if (strcmp(out->path, "-") == 0) {
		out->fd = dup(STDOUT_FILENO);
		if (out->fd >= 0 && isatty(out->fd)) {
			close(out->fd);
			return console_error(-EINVAL,
				"a film cannot be shown in a terminal; add a "
				"pipe, such as | mpv -");
		}
	} else {
		out->fd = open(out->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	}
	return out->fd >= 0 ? 0
			    : console_error(-errno, "%s cannot be written: %s", out->path,
				      strerror(errno));
}

int
film_out_open(struct film_out *out, const char *path)
{
	char head[80];
	int ret;

	*out = (struct film_out){ .path = path };
	if (ends_with(path, ".mp4"))
		ret = start_ffmpeg(out, mp4);
	else if (ends_with(path, ".webm"))
		ret = start_ffmpeg(out, webm);
	else if (ends_with(path, ".y4m") || strcmp(path, "-") == 0)
		ret = open_file(out);
	else
		return console_error(-EINVAL,
			"%s: write a name that ends in .mp4, .webm or .y4m, or - for "
			"stdout",
			path);
	if (ret < 0)
		return ret;
	snprintf(head, sizeof(head), "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n",
		FILM_WIDTH, FILM_HEIGHT, FILM_RATE);
	/* what fails here is told by the first frame */
	(void)write_all(out, head, strlen(head));
	return 0;
}

/* That ffmpeg ended is told when its status is known. */
int
film_out_write(struct film_out *out, const struct film_frame *frame)
{
	static const char head[] = "FRAME\n";
	int ret = write_all(out, head, strlen(head));

	if (ret == 0)
		ret = write_all(out, frame->yuv, frame->len);
	if (ret < 0 && !(out->pid && ret == -EPIPE))
		console_error(ret, "%s cannot be written: %s", out->path, strerror(-ret));
	return ret;
}

static int
await_ffmpeg(struct film_out *out)
{
	int status;

	while (waitpid(out->pid, &status, 0) < 0)
		if (errno != EINTR)
			return console_error(-errno, "ffmpeg: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MISSING)
		return console_error(-ENOENT,
			"%s: ffmpeg is missing: apt-get install ffmpeg, or write .y4m",
			out->path);
	return console_error(-EIO, "%s: ffmpeg failed", out->path);
}

int
film_out_close(struct film_out *out, int ret)
{
	struct stat st;

	if (close(out->fd) < 0 && ret == 0)
		ret = console_error(
			-errno, "%s cannot be written: %s", out->path, strerror(errno));
	if (out->pid) {
		int ended = await_ffmpeg(out);

		ret = ret == 0 || ret == -EPIPE ? ended : ret;
	}
	if (ret < 0 && strcmp(out->path, "-") != 0 && stat(out->path, &st) == 0 &&
		S_ISREG(st.st_mode))
		(void)unlink(out->path);
	return ret;
}
