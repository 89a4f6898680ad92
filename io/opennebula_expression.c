/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requirements of OpenNebula, as in AUTOMATIC_REQUIREMENTS and SCHED_REQUIREMENTS: comparisons of a
 * host's attributes joined by & and |, which bind alike and from the left, with ! and brackets.
 * Three values: what the sources do not tell, or what is not understood, forbids nothing by itself.
 */
#include "opennebula_build.h"

#include <assert.h>
#include <fnmatch.h>
#include <string.h>

enum { DEEPEST = 32, NAME_ROOM = 64, VALUE_ROOM = 256 };

typedef struct parsing {
  const opennebula_building *b;
  const opennebula_host *host;
  const char *at;
  bool good;
  unsigned depth;
} parsing;

static opennebula_truth parse_all(parsing *p);

/* ------------------------------------------------------------------------ attributes */

/* A direct attribute of the template, or NULL. */
static const char *template_attribute(const parsing *p, const char *name) {
  const size_t length = strlen(name);
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while ((fact = opennebula_next(p->b->store, p->host->object, OPENNEBULA_HOST_ATTRIBUTE, &walk)) !=
         NULL)
    if (strncmp(fact->text, name, length) == 0 && fact->text[length] == '=')
      return fact->text + length + 1;
  return NULL;
}

/* "" = the host has none; NULL = not told by what was read. */
static const char *attribute(const parsing *p, const char *name) {
  static const char *const unread[] = {"FREE_CPU",  "FREE_MEM",  "USED_CPU",   "USED_MEM",
                                       "CPU_USAGE", "MEM_USAGE", "RUNNING_VMS"};
  const opennebula_object *object = p->host->object;
  const opennebula_cluster *cluster = &p->b->clusters[p->host->cluster];
  assert(name != NULL);
  if (strcmp(name, "ID") == 0 || strcmp(name, "HOST_ID") == 0)
    return object->id;
  if (strcmp(name, "NAME") == 0 || strcmp(name, "HOSTNAME") == 0)
    return opennebula_text(p->b->store, object, OPENNEBULA_HOST_NAME);
  if (strcmp(name, "CLUSTER_ID") == 0)
    return strcmp(cluster->id, "none") == 0 ? "-1" : cluster->id;
  if (strcmp(name, "CLUSTER") == 0)
    return cluster->name;
  for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
    if (strcmp(unread[i], name) == 0)
      return NULL;
  const char *found = template_attribute(p, name);
  return found == NULL ? "" : found;
}

static opennebula_truth truth(bool value) {
  return value ? OPENNEBULA_TRUE : OPENNEBULA_FALSE;
}

static opennebula_truth negate(opennebula_truth value) {
  return value == OPENNEBULA_UNKNOWN ? value : truth(value == OPENNEBULA_FALSE);
}

/* ------------------------------------------------------------------------ comparisons */

static opennebula_truth compare_numbers(const char *have, const char *want, char sign) {
  int64_t a = 0, c = 0;
  if (!opennebula_thousandths(have, &a) || !opennebula_thousandths(want, &c))
    return have[0] == '\0' ? OPENNEBULA_FALSE : OPENNEBULA_UNKNOWN;
  return truth(sign == '<' ? a < c : a > c);
}

/* '=' takes shell patterns, and a number for what it is worth. */
static bool equal(const char *have, const char *want) {
  int64_t a = 0, c = 0;
  if (have[0] == '\0')
    return false;
  if (opennebula_thousandths(have, &a) && opennebula_thousandths(want, &c))
    return a == c;
  return fnmatch(want, have, 0) == 0;
}

static opennebula_truth compare(const parsing *p, const char *name, char sign, const char *want) {
  const char *have = attribute(p, name);
  if (have == NULL)
    return OPENNEBULA_UNKNOWN;
  switch (sign) {
  case '=':
    return truth(equal(have, want));
  case '!':
    return truth(!equal(have, want));
  default:
    return compare_numbers(have, want, sign);
  }
}

/* ------------------------------------------------------------------------ parsing */

static void skip_blanks(parsing *p) {
  p->at += strspn(p->at, " \t\r\n");
}

static bool is_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '/';
}

static void read_word(parsing *p, char *word, size_t room) {
  size_t length = 0;
  assert(room > 1);
  while (length < room - 1 && is_name(p->at[length]))
    length++;
  memcpy(word, p->at, length);
  word[length] = '\0';
  p->at += length;
  p->good = p->good && length > 0 && !is_name(*p->at);
}

static void read_value(parsing *p, char *value) {
  skip_blanks(p);
  if (*p->at != '"') {
    read_word(p, value, VALUE_ROOM);
    return;
  }
  const char *end = strchr(++p->at, '"');
  p->good = p->good && end != NULL && end - p->at < VALUE_ROOM;
  if (!p->good)
    return;
  memcpy(value, p->at, (size_t)(end - p->at));
  value[end - p->at] = '\0';
  p->at = end + 1;
}

static opennebula_truth parse_comparison(parsing *p) {
  char name[NAME_ROOM], value[VALUE_ROOM] = "";
  read_word(p, name, sizeof name);
  skip_blanks(p);
  const char sign = *p->at;
  p->good =
      p->good && (sign == '=' || sign == '<' || sign == '>' || (sign == '!' && p->at[1] == '='));
  if (!p->good)
    return OPENNEBULA_UNKNOWN;
  p->at += sign == '!' ? 2 : 1;
  read_value(p, value); /* "=~" and "@>" are not understood: no value begins so */
  return p->good ? compare(p, name, sign, value) : OPENNEBULA_UNKNOWN;
}

static opennebula_truth parse_one(parsing *p) {
  opennebula_truth value = OPENNEBULA_UNKNOWN;
  skip_blanks(p);
  p->good = p->good && p->depth < DEEPEST;
  if (!p->good)
    return value;
  p->depth++;
  if (*p->at == '!') {
    p->at++;
    value = negate(parse_one(p));
  } else if (*p->at == '(') {
    p->at++;
    value = parse_all(p);
    skip_blanks(p);
    p->good = p->good && *p->at == ')';
    p->at += p->good;
  } else {
    value = parse_comparison(p);
  }
  p->depth--;
  return value;
}

static opennebula_truth both(opennebula_truth a, opennebula_truth c) {
  if (a == OPENNEBULA_FALSE || c == OPENNEBULA_FALSE)
    return OPENNEBULA_FALSE;
  return a == OPENNEBULA_TRUE && c == OPENNEBULA_TRUE ? OPENNEBULA_TRUE : OPENNEBULA_UNKNOWN;
}

static opennebula_truth parse_all(parsing *p) {
  opennebula_truth value = parse_one(p);
  for (skip_blanks(p); p->good && (*p->at == '&' || *p->at == '|'); skip_blanks(p)) {
    const char sign = *p->at++;
    p->at += *p->at == sign; /* "&&" is "&" */
    const opennebula_truth next = parse_one(p);
    value = sign == '&' ? both(value, next) : negate(both(negate(value), negate(next)));
  }
  return value;
}

opennebula_truth opennebula_evaluate(const opennebula_building *b, const char *text,
                                     const opennebula_host *host) {
  parsing p = {.b = b, .host = host, .at = text, .good = true};
  assert(text != NULL && host != NULL);
  const opennebula_truth value = parse_all(&p);
  skip_blanks(&p);
  return p.good && *p.at == '\0' ? value : OPENNEBULA_UNKNOWN;
}
