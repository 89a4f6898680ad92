/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scripts know commands, options and the values of those options whose argument is spelled as
 * the choices that there are ("text|json"); whatever else is asked for may be a file. In bash "="
 * parts words, so that a value comes as a word after the option or after "=".
 */
#include "completion.h"
#include "option_walk.h"
#include <ctype.h>
#include <string.h>

/* True if the argument of an option is one of several words. */
static bool has_choices(const struct argp_option *option) {
  return option->arg != NULL && strchr(option->arg, '|') != NULL && islower(option->arg[0]);
}

static void put_words(FILE *stream, const char *words, char separator) {
  for (; *words != '\0'; words++)
    fputc(*words == '|' ? separator : *words, stream);
}

/* ---------------------------------------------------------------------------- bash */

static void put_bash_name(void *user, const struct argp_option *option) {
  if (option->name != NULL)
    fprintf(user, " --%s%s", option->name, option->arg != NULL ? "=" : "");
}

static void put_bash_choices(void *user, const struct argp_option *option) {
  if (option->name == NULL || !has_choices(option))
    return;
  fprintf(user, "        --%s) values=\"", option->name);
  put_words(user, option->arg, ' ');
  fputs("\" ;;\n", user);
}

static void put_bash_command(FILE *stream, const command *row) {
  fprintf(stream, "    %s)\n      options=\"--help --usage --version", row->name);
  option_walk(row->arguments(), put_bash_name, stream);
  fputs("\"\n      case \"$option\" in\n", stream);
  option_walk(row->arguments(), put_bash_choices, stream);
  fputs("        *) ;;\n      esac ;;\n", stream);
}

static void put_command_names(FILE *stream) {
  for (const command *row = command_table(); row->name != NULL; row++)
    fprintf(stream, "%s%s", row == command_table() ? "" : " ", row->name);
}

static void write_bash(FILE *stream) {
  fputs("# Completion of berth(1) in bash, made from its option tables.\n"
        "_berth() {\n"
        "  local word=\"${COMP_WORDS[COMP_CWORD]}\" command=\"${COMP_WORDS[1]}\"\n"
        "  local before=\"${COMP_WORDS[COMP_CWORD-1]}\" option=\"\" options=\"\" values=\"\"\n"
        "  COMPREPLY=()\n"
        "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "    COMPREPLY=($(compgen -W \"",
        stream);
  put_command_names(stream);
  fputs("\" -- \"$word\"))\n"
        "    return\n"
        "  fi\n"
        "  if [ \"$word\" = \"=\" ]; then option=\"$before\"; word=\"\"\n"
        "  elif [ \"$before\" = \"=\" ]; then option=\"${COMP_WORDS[COMP_CWORD-2]}\"\n"
        "  else option=\"$before\"; fi\n"
        "  case \"$command\" in\n",
        stream);
  for (const command *row = command_table(); row->name != NULL; row++)
    put_bash_command(stream, row);
  fputs("    *) ;;\n"
        "  esac\n"
        "  if [ -n \"$values\" ]; then\n"
        "    COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))\n"
        "  elif [ \"${word#-}\" != \"$word\" ]; then\n"
        "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
        "    [ \"${COMPREPLY[0]%=}\" = \"${COMPREPLY[0]}\" ] || compopt -o nospace\n"
        "  elif [ \"$command\" = help ]; then\n"
        "    COMPREPLY=($(compgen -W \"",
        stream);
  put_command_names(stream);
  fputs("\" -- \"$word\"))\n"
        "  else\n"
        "    compopt -o filenames 2>/dev/null\n"
        "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
        "  fi\n"
        "}\n"
        "complete -F _berth berth\n",
        stream);
}

/* ---------------------------------------------------------------------------- zsh */

/* Inside '...[...]' of _arguments: what would end either is taken out. */
static void put_zsh_text(FILE *stream, const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '\'')
      fputs("'\\''", stream);
    else if (strchr("[]:\\", *text) != NULL)
      fprintf(stream, "\\%c", *text);
    else
      fputc(*text, stream);
  }
}

static void put_zsh_option(void *user, const struct argp_option *option) {
  FILE *stream = user;
  if (option->name == NULL)
    return;
  fprintf(stream, " \\\n        '*--%s%s[", option->name, option->arg != NULL ? "=" : "");
  put_zsh_text(stream, option->doc != NULL ? option->doc : "");
  fputc(']', stream);
  if (has_choices(option)) {
    fputs(":value:(", stream);
    put_words(stream, option->arg, ' ');
    fputc(')', stream);
  } else if (option->arg != NULL) {
    fputc(':', stream);
    put_zsh_text(stream, option->arg);
    fputs(":_files", stream);
  }
  fputc('\'', stream);
}

static void write_zsh(FILE *stream) {
  fputs("#compdef berth\n"
        "# Completion of berth(1) in zsh, made from its option tables.\n"
        "_berth() {\n"
        "  local -a commands\n"
        "  commands=(",
        stream);
  for (const command *row = command_table(); row->name != NULL; row++) {
    fprintf(stream, "\n    '%s:", row->name);
    put_zsh_text(stream, row->summary);
    fputc('\'', stream);
  }
  fputs(")\n"
        "  if (( CURRENT == 2 )); then\n"
        "    _describe command commands\n"
        "    return\n"
        "  fi\n"
        "  shift words; (( CURRENT-- ))\n"
        "  case $words[1] in\n",
        stream);
  for (const command *row = command_table(); row->name != NULL; row++) {
    fprintf(stream, "    %s)\n      _arguments '--help[say which options there are]'", row->name);
    option_walk(row->arguments(), put_zsh_option, stream);
    fprintf(stream, " \\\n        '*:%s' ;;\n",
            strcmp(row->name, "help") == 0 ? "command:->commands" : "file:_files");
  }
  fputs("  esac\n"
        "  [[ $state == commands ]] && _describe command commands\n"
        "}\n"
        "_berth \"$@\"\n",
        stream);
}

bool completion_write(const char *shell, FILE *stream) {
  bool bash = strcmp(shell, "bash") == 0;
  if (bash)
    write_bash(stream);
  else if (strcmp(shell, "zsh") == 0)
    write_zsh(stream);
  else
    return false;
  return true;
}
