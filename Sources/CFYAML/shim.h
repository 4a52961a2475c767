#pragma once
// libfyaml for Swift: only its parser of events. Read by PipelineSpec alone.
#include <libfyaml.h>

/// Takes what libfyaml would print to the standard error output, which FYPCF_QUIET does not keep it from.
static inline void penstock_yaml_print_nothing(struct fy_diag *diagnostics, void *context, const char *text, size_t count) {
  (void)diagnostics;
  (void)context;
  (void)text;
  (void)count;
}

/// A parser over `bytes`, which must stay where they are until it is destroyed. NULL without memory. It prints nothing, never
/// follows an alias, and keeps what it finds wrong for penstock_yaml_first_error: FYPCF_COLLECT_DIAG does so for documents only,
/// hence diagnostics of our own.
static inline struct fy_parser *penstock_yaml_open(const char *bytes, size_t count) {
  struct fy_diag_cfg diagnostics_configuration;
  fy_diag_cfg_default(&diagnostics_configuration);
  diagnostics_configuration.fp = NULL;
  diagnostics_configuration.output_fn = penstock_yaml_print_nothing;
  diagnostics_configuration.level = FYET_ERROR;
  diagnostics_configuration.colorize = false;
  struct fy_diag *diagnostics = fy_diag_create(&diagnostics_configuration);
  if (diagnostics == NULL) return NULL;
  fy_diag_set_collect_errors(diagnostics, true);
  struct fy_parse_cfg configuration = {
      .search_path = "",
      .flags = (enum fy_parse_cfg_flags)(FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE),
      .diag = diagnostics,
  };
  struct fy_parser *parser = fy_parser_create(&configuration);
  // The parser has its own reference.
  fy_diag_unref(diagnostics);
  if (parser != NULL && fy_parser_set_string(parser, bytes, count) != 0) {
    fy_parser_destroy(parser);
    parser = NULL;
  }
  return parser;
}

/// The first thing found wrong, or NULL. `line` and `column` count from 1. The text is valid as long as the parser.
static inline const char *penstock_yaml_first_error(struct fy_parser *parser, int *line, int *column) {
  struct fy_diag *diagnostics = fy_parser_get_diag(parser);
  if (diagnostics == NULL) return NULL;
  const char *message = NULL;
  void *position = NULL;
  struct fy_diag_error *error = fy_diag_errors_iterate(diagnostics, &position);
  if (error != NULL) {
    message = error->msg;
    *line = error->line;
    *column = error->column;
  }
  fy_diag_unref(diagnostics);
  return message;
}

/// Destroys the parser with all it found wrong: libfyaml frees collected errors only when they are reset.
static inline void penstock_yaml_close(struct fy_parser *parser) {
  struct fy_diag *diagnostics = fy_parser_get_diag(parser);
  if (diagnostics != NULL) {
    fy_diag_reset_error(diagnostics);
    fy_diag_unref(diagnostics);
  }
  fy_parser_destroy(parser);
}
