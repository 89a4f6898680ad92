/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Width, colour and progress. A signal handler can reach file-scope variables only: they live here.
 */
#include "command_terminal.h"
#include "command.h"
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_UNKNOWN = 100, WIDTH_LEAST = 40, WIDTH_MOST = 400 };

static volatile sig_atomic_t interrupted;
static bool line_shown; /* a progress line stands on the terminal */

static uint32_t terminal_width(bool terminal) {
  struct winsize size = {0};
  const char *columns = getenv("COLUMNS");
  long width = 0;
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    width = size.ws_col;
  if (width == 0 && columns != NULL)
    width = strtol(columns, NULL, 10);
  if (width <= 0)
    width = WIDTH_UNKNOWN;
  return (uint32_t)(width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width);
}

berth_text_style command_style(const char *path) {
  berth_text_style style = BERTH_TEXT_STYLE_INIT;
  bool terminal = strcmp(path, "-") == 0 && isatty(STDOUT_FILENO);
  const char *refusal = getenv("NO_COLOR"), *kind = getenv("TERM");
  style.width = terminal_width(terminal);
  style.colour = terminal && (refusal == NULL || refusal[0] == '\0') && kind != NULL &&
                 strcmp(kind, "dumb") != 0;
  style.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  return style;
}

/* How far it is, and how long the rest takes if it takes as long as the first part. */
static void show_part(const berth_progress *progress) {
  double done = (double)progress->done, left = (double)progress->total - done;
  fprintf(stderr, " %.0f %%", 100.0 * done / (double)progress->total);
  if (done > 0)
    fprintf(stderr, ", %.0f a second, about %.0f s left", done / progress->seconds,
            progress->seconds * left / done);
}

static bool show_progress(void *user, const berth_progress *progress) {
  (void)user;
  if (progress->seconds >= 1.0 && !command_is_quiet() && isatty(STDERR_FILENO)) {
    fprintf(stderr, "\r\033[K%.40s", progress->phase);
    if (progress->total > 0)
      show_part(progress);
    fprintf(stderr, ", %.0f s", progress->seconds);
    fflush(stderr);
    line_shown = true;
  }
  return !interrupted;
}

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

void command_watch(berth_context *ctx) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  interrupted = 0;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  berth_context_set_progress(ctx, show_progress, NULL);
}

bool command_watch_end(berth_context *ctx) {
  berth_context_set_progress(ctx, NULL, NULL);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  if (line_shown)
    fputs("\r\033[K", stderr);
  line_shown = false;
  return interrupted != 0;
}
