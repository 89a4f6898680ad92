/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A write-ahead log turned around: the line is written first, then its record, which has the line's
 * length and checksum and one of its own. So a record that holds proves its line, and whatever was
 * torn, by an end of the process or of the machine, is the end of one of the two files: both are
 * cut back to what is proved. Both are synced every second, lines first.
 */
#include "batch_journal.h"
#include "batch_hash.h"
#include <berth/version.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "berth-batch-journal 1\n"

enum { COPY_BYTES = 1 << 20 };

struct batch_journal {
  char *target, *part, *record_path; /* owned; the target after symbolic links */
  const char *shown;                 /* as the user wrote it */
  int lines, records;                /* descriptors */
  uint64_t line_bytes, record_bytes; /* that hold */
  time_t synced;
};

/* ---------------------------------------------------------------------- bytes */

static bool write_all(int descriptor, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t written = write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes += written;
    size -= (size_t)written;
  }
  return true;
}

static bool cut_to(int descriptor, uint64_t size) {
  return ftruncate(descriptor, (off_t)size) == 0 && lseek(descriptor, (off_t)size, SEEK_SET) >= 0;
}

static int say_write(const char *path) {
  command_say("%s: cannot be written: %s", path, strerror(errno));
  return COMMAND_OUTPUT_CUT;
}

/* Back to what holds, as far as the system lets. */
static int undo(batch_journal *j, const char *path) {
  int exit_status = say_write(path);
  if (!cut_to(j->lines, j->line_bytes) || !cut_to(j->records, j->record_bytes))
    command_say("%s: nor cut back; what is torn is found out when the batch is resumed", path);
  return exit_status;
}

/* ---------------------------------------------------------------------- the head */

/* The head as it is written: free(). */
static char *head_text(const batch_head *head) {
  char *text = NULL;
  if (asprintf(&text, MAGIC "berth %s\nquestion %s\ninventories %zu %016" PRIx64 "\n",
               berth_version(), head->question, head->inputs->count,
               batch_inputs_digest(head->inputs)) < 0)
    return NULL;
  return text;
}

/* A line of the head behind its key, in place; NULL: it is not there. */
static char *take_line(char **rest, const char *key) {
  size_t length = strlen(key);
  char *line = *rest, *end = strchr(line, '\n');
  if (end == NULL || strncmp(line, key, length) != 0)
    return NULL;
  *end = '\0';
  *rest = end + 1;
  return line + length;
}

/* Says what differs between the head found (cut to pieces here) and the one expected. */
static int say_difference(const batch_journal *j, char *found, const batch_head *head) {
  char *rest = found + strlen(MAGIC);
  const char *version = take_line(&rest, "berth ");
  const char *question = version != NULL ? take_line(&rest, "question ") : NULL;
  const char *count = question != NULL ? take_line(&rest, "inventories ") : NULL;
  if (count == NULL)
    return command_say("%s: is damaged; --restart throws it away", j->record_path), COMMAND_USAGE;
  if (strcmp(version, berth_version()) != 0)
    command_say("%s: was begun by berth %s, this is %s; --restart throws it away", j->record_path,
                version, berth_version());
  else if (strcmp(question, head->question) != 0)
    command_say("%s: was begun with \"%s\", this asks \"%s\"; --restart throws it away",
                j->record_path, question, head->question);
  else if (strtoull(count, NULL, 10) != head->inputs->count)
    command_say("%s: was begun with %llu inventories, these are %zu; --restart throws it away",
                j->record_path, strtoull(count, NULL, 10), head->inputs->count);
  else
    command_say("%s: was begun with other inventories, or in another order; --restart throws it "
                "away",
                j->record_path);
  return COMMAND_USAGE;
}

/* ---------------------------------------------------------------------- resuming */

typedef struct record {
  uint64_t own_hash, line_hash;
  size_t item;
  batch_entry entry;
  batch_identity identity;
  const char *note;
} record;

/* "HASH ITEM LENGTH HASH SIZE MODIFIED EXIT MILLISECONDS NOTE", without its line feed. */
static bool parse_record(const char *line, record *r) {
  int at = 0, exit_status;
  *r = (record){0};
  /* NOLINTNEXTLINE(cert-err34-c): a line of this program's own, as its hash says in the end */
  if (sscanf(line,
             "%16" SCNx64 " %zu %" SCNu64 " %16" SCNx64 " %" SCNd64 " %" SCNd64 " %d %" SCNu32 "%n",
             &r->own_hash, &r->item, &r->entry.length, &r->line_hash, &r->identity.size,
             &r->identity.modified, &exit_status, &r->entry.milliseconds, &at) != 8 ||
      line[16] != ' ' || line[at] != ' ' || exit_status != batch_exit_of(exit_status))
    return false;
  r->entry.exit_status = (uint8_t)exit_status;
  r->note = line + at + 1;
  return batch_hash(BATCH_HASH_EMPTY, line + 17, strlen(line + 17)) == r->own_hash;
}

/* Whether the next bytes of the lines are what the record says. */
static bool line_holds(FILE *lines, const record *r) {
  char buffer[16384];
  uint64_t hash = BATCH_HASH_EMPTY, left = r->entry.length;
  while (left > 0) {
    size_t size = fread(buffer, 1, left < sizeof buffer ? (size_t)left : sizeof buffer, lines);
    if (size == 0)
      return false;
    hash = batch_hash(hash, buffer, size);
    left -= size;
  }
  return r->entry.length > 0 && hash == r->line_hash;
}

/* The first inventory that is not what it was. */
typedef struct changes_found {
  size_t count, first;
} changes_found;

/* Enters records as long as they hold. */
static void read_records(batch_journal *j, FILE *records, FILE *lines, const batch_head *head,
                         batch_table *table, changes_found *changed) {
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  record r;
  while ((length = getline(&line, &room, records)) > 0 && line[length - 1] == '\n') {
    line[length - 1] = '\0';
    if (strlen(line) != (size_t)length - 1 || length < 20 || !parse_record(line, &r) ||
        r.item >= table->count || table->entries[r.item].there || !line_holds(lines, &r))
      break;
    batch_identity now = batch_identity_of(head->inputs->paths[r.item]);
    if (now.size != r.identity.size || now.modified != r.identity.modified) {
      if (changed->count++ == 0)
        changed->first = r.item;
    }
    r.entry.at = j->line_bytes;
    batch_table_put(table, r.item, &r.entry, r.note);
    j->line_bytes += r.entry.length;
    j->record_bytes += (uint64_t)length;
  }
  free(line);
}

static int say_changed(const batch_journal *j, const batch_head *head,
                       const changes_found *changed) {
  char others[64] = "";
  if (changed->count > 1)
    snprintf(others, sizeof others, ", and %zu more", changed->count - 1);
  command_say("%s: has changed since %s has its answer%s; --restart answers all anew",
              head->inputs->paths[changed->first], j->record_path, others);
  return COMMAND_USAGE;
}

static int begin(batch_journal *j, const char *head) {
  if (!cut_to(j->lines, 0) || !cut_to(j->records, 0) ||
      !write_all(j->records, head, strlen(head)) || fsync(j->records) != 0)
    return say_write(j->record_path);
  j->line_bytes = 0;
  j->record_bytes = strlen(head);
  return COMMAND_DONE;
}

/* The head that is there: NULL with *whole = true if there is none yet, or a torn one, of which
 * nothing was done; with false if it is something else's file, or cannot be read. */
static char *read_head(FILE *records, bool *whole) {
  char *text = NULL, *line = NULL;
  size_t size = 0, room = 0;
  int lines = 0;
  FILE *out = open_memstream(&text, &size);
  *whole = out != NULL;
  while (out != NULL && lines < 4 && getline(&line, &room, records) > 0) {
    fputs(line, out);
    lines += line[strlen(line) - 1] == '\n';
  }
  free(line);
  if (out == NULL || fclose(out) != 0 || text == NULL) {
    free(text);
    *whole = false;
    return NULL;
  }
  bool ours = strncmp(text, MAGIC, size < strlen(MAGIC) ? size : strlen(MAGIC)) == 0;
  if (ours && lines == 4)
    return text;
  *whole = ours;
  free(text);
  return NULL;
}

static int resume(batch_journal *j, const batch_head *head, const char *expected, bool restart,
                  FILE *records, FILE *lines, batch_table *table) {
  bool whole;
  changes_found changed = {0, 0};
  int exit_status = COMMAND_DONE;
  char *found = read_head(records, &whole);
  if (found == NULL && !whole) {
    command_say("%s: is not a journal of berth batch; expected one, or no such file",
                j->record_path);
    return COMMAND_NO_OUTPUT;
  }
  if (found == NULL || restart) {
    free(found);
    return begin(j, expected);
  }
  if (strcmp(found, expected) != 0) {
    exit_status = say_difference(j, found, head);
    goto done;
  }
  j->record_bytes = strlen(expected);
  read_records(j, records, lines, head, table, &changed);
  if (changed.count > 0)
    exit_status = say_changed(j, head, &changed);
  else if (!cut_to(j->lines, j->line_bytes) || !cut_to(j->records, j->record_bytes))
    exit_status = say_write(j->record_path);
done:
  free(found);
  return exit_status;
}

static int begin_or_resume(batch_journal *j, const batch_head *head, bool restart,
                           batch_table *table) {
  int exit_status = COMMAND_INTERNAL;
  char *expected = head_text(head);
  FILE *records = fopen(j->record_path, "rb"), *lines = fopen(j->part, "rb");
  if (expected == NULL)
    command_say("%s", berth_status_text(BERTH_E_NOMEM));
  else if (records == NULL || lines == NULL)
    command_say("%s: %s", j->record_path, strerror(errno));
  else
    exit_status = resume(j, head, expected, restart, records, lines, table);
  if (records != NULL)
    (void)fclose(records);
  if (lines != NULL)
    (void)fclose(lines);
  free(expected);
  return exit_status;
}

/* ---------------------------------------------------------------------- opening */

/* The lock is on the file, not on its name: a batch that has just ended removes the name, so one
 * that waited for it looks again. */
static int lock(batch_journal *j) {
  struct stat locked, named;
  for (;;) {
    j->records = open(j->record_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (j->records < 0) {
      command_say("%s: cannot be created: %s", j->record_path, strerror(errno));
      return COMMAND_NO_OUTPUT;
    }
    if (flock(j->records, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK)
        command_say("%s: another batch is at work on it", j->record_path);
      else
        command_say("%s: cannot be locked: %s", j->record_path, strerror(errno));
      return COMMAND_NO_OUTPUT;
    }
    if (fstat(j->records, &locked) == 0 && stat(j->record_path, &named) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev)
      return COMMAND_DONE;
    (void)close(j->records);
    j->records = -1;
  }
}

static int open_files(batch_journal *j) {
  int exit_status = lock(j);
  if (exit_status != COMMAND_DONE)
    return exit_status;
  j->lines = open(j->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (j->lines >= 0)
    return COMMAND_DONE;
  command_say("%s: cannot be created: %s", j->part, strerror(errno));
  return COMMAND_NO_OUTPUT;
}

int batch_journal_open(const char *path, const batch_head *head, bool restart, batch_table *table,
                       batch_journal **out) {
  char resolved[PATH_MAX];
  int exit_status = COMMAND_INTERNAL;
  batch_journal *j = calloc(1, sizeof *j);
  *out = NULL;
  if (j == NULL)
    goto done;
  j->lines = j->records = -1;
  j->shown = path;
  j->target = strdup(realpath(path, resolved) != NULL ? resolved : path);
  if (j->target == NULL || asprintf(&j->part, "%s.part", j->target) < 0)
    goto done;
  if (asprintf(&j->record_path, "%s.journal", j->target) < 0)
    goto done;
  exit_status = open_files(j);
  if (exit_status == COMMAND_DONE)
    exit_status = begin_or_resume(j, head, restart, table);
  if (exit_status == COMMAND_DONE) {
    *out = j;
    j = NULL;
  }
done:
  batch_journal_close(j);
  return exit_status;
}

/* ---------------------------------------------------------------------- adding */

static char *record_text(size_t item, const batch_answer *answer) {
  char *text = NULL, *whole = NULL;
  uint64_t line_hash = batch_hash(BATCH_HASH_EMPTY, answer->line, answer->length);
  if (asprintf(&text, "%zu %zu %016" PRIx64 " %" PRId64 " %" PRId64 " %d %" PRIu32 " %s", item,
               answer->length, line_hash, answer->identity.size, answer->identity.modified,
               answer->exit_status, answer->milliseconds, answer->note) < 0)
    return NULL;
  for (char *at = text; *at != '\0'; at++)
    if (*at == '\n')
      *at = '?';
  if (asprintf(&whole, "%016" PRIx64 " %s\n", batch_hash(BATCH_HASH_EMPTY, text, strlen(text)),
               text) < 0)
    whole = NULL;
  free(text);
  return whole;
}

static bool sync_both(batch_journal *j) {
  return fdatasync(j->lines) == 0 && fdatasync(j->records) == 0;
}

static bool sync_now_and_then(batch_journal *j) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  if (now.tv_sec == j->synced)
    return true;
  j->synced = now.tv_sec;
  return sync_both(j);
}

int batch_journal_add(batch_journal *j, batch_table *table, size_t item,
                      const batch_answer *answer) {
  batch_entry entry = {.at = j->line_bytes,
                       .length = answer->length,
                       .milliseconds = answer->milliseconds,
                       .exit_status = (uint8_t)answer->exit_status};
  int exit_status = COMMAND_DONE;
  char *text = record_text(item, answer);
  if (text == NULL) {
    command_say("%s", berth_status_text(BERTH_E_NOMEM));
    return COMMAND_INTERNAL;
  }
  if (!write_all(j->lines, answer->line, answer->length)) {
    exit_status = undo(j, j->part);
  } else if (!write_all(j->records, text, strlen(text))) {
    exit_status = undo(j, j->record_path);
  } else {
    j->line_bytes += answer->length;
    j->record_bytes += strlen(text);
    batch_table_put(table, item, &entry, answer->note);
    if (!sync_now_and_then(j))
      exit_status = say_write(j->part);
  }
  free(text);
  return exit_status;
}

/* ---------------------------------------------------------------------- the end */

static bool copy_line(const batch_journal *j, const batch_entry *entry, char *buffer, FILE *out) {
  uint64_t done = 0;
  while (done < entry->length) {
    uint64_t left = entry->length - done;
    ssize_t size = pread(j->lines, buffer, left < COPY_BYTES ? (size_t)left : COPY_BYTES,
                         (off_t)(entry->at + done));
    if (size <= 0 || fwrite(buffer, 1, (size_t)size, out) != (size_t)size)
      return false;
    done += (uint64_t)size;
  }
  return true;
}

static bool copy_lines(const batch_journal *j, const batch_table *table, bool by_item, FILE *out) {
  char *buffer = malloc(COPY_BYTES);
  bool good = buffer != NULL;
  for (size_t i = 0; i < table->count && good; i++)
    good = copy_line(j, &table->entries[by_item ? i : table->sequence[i]], buffer, out);
  free(buffer);
  return good;
}

/* Best effort: some file systems cannot sync a folder, and the data are safe already. */
static void sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  char folder[PATH_MAX] = ".";
  if (slash != NULL)
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
  int descriptor = open(folder, O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    (void)fsync(descriptor);
    (void)close(descriptor);
  }
}

int batch_journal_commit(batch_journal *j, const batch_table *table, bool by_item) {
  char *beside = NULL;
  struct stat before;
  int exit_status = COMMAND_INTERNAL;
  if (asprintf(&beside, "%s.new", j->target) < 0)
    return exit_status;
  FILE *out = sync_both(j) ? fopen(beside, "wb") : NULL;
  if (out == NULL) {
    exit_status = say_write(beside);
    goto done;
  }
  if (stat(j->target, &before) == 0 && fchmod(fileno(out), before.st_mode & 07777) != 0)
    errno = 0; /* a replaced file keeps its permissions as far as this user may set them */
  bool good = copy_lines(j, table, by_item, out) && fflush(out) == 0 && fsync(fileno(out)) == 0;
  good = fclose(out) == 0 && good;
  good = good && rename(beside, j->target) == 0;
  exit_status = good ? COMMAND_DONE : say_write(j->shown);
  if (good)
    sync_folder(j->target);
  else
    (void)unlink(beside);
done:
  free(beside);
  return exit_status;
}

void batch_journal_remove(batch_journal *j) {
  /* In this order: once the name of the journal is free, that of the lines is another batch's. */
  (void)unlink(j->part);
  (void)unlink(j->record_path);
}

void batch_journal_close(batch_journal *j) {
  if (j == NULL)
    return;
  if (j->lines >= 0)
    (void)close(j->lines);
  if (j->records >= 0)
    (void)close(j->records); /* gives the lock back */
  free(j->target);
  free(j->part);
  free(j->record_path);
  free(j);
}
