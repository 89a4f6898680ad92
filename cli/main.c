/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The berth command: finds the subcommand in the table and hands over. What concerns the whole
 * process is settled here: standard descriptors, signals, locale, and that a result that could not
 * be written is not taken for success.
 */
#include "command.h"
#include <berth/version.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const command *command_table(void) {
  static const command table[] = {
      {"check", "validate an inventory and say what looks wrong in it", command_check,
       command_check_arguments},
      {"plan", "find a proved placement and a safe order of steps", command_plan,
       command_plan_arguments},
      {"verify", "check a plan against its inventory, trusting nothing in it", command_verify,
       command_verify_arguments},
      {"audit", "say which failures are survived, and what admission control thinks", command_audit,
       command_audit_arguments},
      {"power", "say which hosts may sleep, what keeps the others on, and the plan there and back",
       command_power, command_power_arguments},
      {"capacity", "say how many more VMs fit, now, after moves and with failures survived",
       command_capacity, command_capacity_arguments},
      {"simulate", "carry a plan out against guests that take their time", command_simulate,
       command_simulate_arguments},
      {"batch", "ask one question about thousands of inventories; goes on where it was cut off",
       command_batch, command_batch_arguments},
      {"convert", "read any dialect and write the native inventory", command_convert,
       command_convert_arguments},
      {"opennebula", "schedule for OpenNebula: its action in, the plan out", command_opennebula,
       command_opennebula_arguments},
      {"generate", "make a synthetic inventory", command_generate, command_generate_arguments},
      {"help", "explain a command", command_help, command_help_arguments},
      {NULL, NULL, NULL, NULL}};
  return table;
}

/* A pipe that nobody reads, in place of a closed output. */
static bool refuse_writing(int descriptor) {
  int ends[2];
  bool done = pipe(ends) == 0 && dup2(ends[1], descriptor) == descriptor;
  for (int i = 0; i < 2 && done; i++)
    if (ends[i] != descriptor)
      close(ends[i]);
  return done;
}

/* A closed standard descriptor would be given to the first file opened, and that file be
 * overwritten by messages. Closed ones are replaced so that every use fails. */
static void keep_standard_descriptors(void) {
  bool kept = fcntl(0, F_GETFD) >= 0 || open("/dev/null", O_WRONLY) == 0;
  for (int descriptor = 1; descriptor <= 2 && kept; descriptor++)
    kept = fcntl(descriptor, F_GETFD) >= 0 || refuse_writing(descriptor);
  if (!kept)
    _exit(COMMAND_INTERNAL);
}

/* Whatever ends the program: output that did not arrive is a failure. */
static void close_standard_output(void) {
  bool pending = __fpending(stdout) > 0, failed = ferror(stdout) != 0;
  if ((fclose(stdout) != 0 && pending) || failed) {
    command_say("-: standard output cannot be written");
    _exit(COMMAND_OUTPUT_CUT);
  }
}

static void print_commands(FILE *stream) {
  fputs("Usage: berth COMMAND [OPTION...] [ARGUMENT...]\n"
        "Finds every virtual machine a berth: plans for virtualised clusters, with proofs.\n\n"
        "Commands:\n",
        stream);
  for (const command *row = command_table(); row->name != NULL; row++)
    fprintf(stream, "  %-10s %s\n", row->name, row->summary);
  fputs("\n'berth COMMAND --help' tells the options of a command; the manual is in the pages\n"
        "berth(1) and berth-COMMAND(1).\n",
        stream);
}

static int run_command(int argc, char **argv) {
  char name[40];
  for (const command *row = command_table(); row->name != NULL; row++)
    if (strcmp(row->name, argv[1]) == 0) {
      snprintf(name, sizeof name, "berth %s", row->name);
      argv[1] = name; /* what argp calls the program in its messages */
      return row->run(argc - 1, argv + 1);
    }
  command_say("no command \"%s\"; 'berth --help' lists them", argv[1]);
  return COMMAND_USAGE;
}

int main(int argc, char **argv) {
  keep_standard_descriptors();
  atexit(close_standard_output);
  signal(SIGPIPE, SIG_IGN); /* a closed pipe becomes a write error, which is reported */
  setlocale(LC_CTYPE, "");
  argp_err_exit_status = COMMAND_USAGE;
  argp_program_version = "berth " BERTH_VERSION;
  if (argc < 2) {
    print_commands(stderr);
    return COMMAND_USAGE;
  }
  if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
    printf("berth %s\n", berth_version());
    return COMMAND_DONE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "-h") == 0 ||
      (strcmp(argv[1], "help") == 0 && argc == 2)) {
    print_commands(stdout);
    return COMMAND_DONE;
  }
  return run_command(argc, argv);
}
