#pragma once
// libmicrohttpd for Swift. Its variadic functions cannot be called from Swift, so the few calls we need are spelled out here as
// `static inline`. Read by HTTPServer alone.
#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

/// What `penstock_mhd_start` hands to MHD_start_daemon. Every pointer must stay valid until MHD_stop_daemon has returned.
struct penstock_mhd_options {
  /// A bound, listening, non-blocking TCP socket. MHD owns it from a successful start and closes it in MHD_stop_daemon.
  int listen_descriptor;
  unsigned int threads;
  /// Over all threads.
  unsigned int connection_limit;
  unsigned int idle_timeout_seconds;
  /// Bytes for request line, headers and response headers of one connection.
  size_t connection_memory;
  /// 0 for none.
  unsigned int per_client_connection_limit;
  /// PEM, both or neither; neither means no TLS.
  const char *tls_key;
  const char *tls_certificate;
  /// Handed to every callback below as its first argument.
  void *context;
  MHD_AccessHandlerCallback access_handler;
  MHD_RequestCompletedCallback request_completed;
  MHD_NotifyConnectionCallback connection_changed;
  void *(*uri_seen)(void *context, const char *uri, struct MHD_Connection *connection);
};

/// Leaves `%41` and friends as they are: paths and queries are decoded in Swift, where `%2F` and `%00` can be told apart.
static inline size_t penstock_mhd_leave_escapes(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  size_t length = 0;
  while (text[length] != '\0') length++;
  return length;
}

// Macros with casts, which Swift does not import.
static const uint64_t penstock_mhd_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t penstock_mhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t penstock_mhd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

/// For GnuTLS: nothing older than TLS 1.2.
#define PENSTOCK_MHD_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/// MHD_start_daemon with epoll, a thread pool and suspend/resume. NULL when threads or descriptors run out.
static inline struct MHD_Daemon *penstock_mhd_start(const struct penstock_mhd_options *options) {
  struct MHD_OptionItem items[] = {
      {MHD_OPTION_LISTEN_SOCKET, options->listen_descriptor, NULL},
      {MHD_OPTION_THREAD_POOL_SIZE, options->threads, NULL},
      {MHD_OPTION_CONNECTION_LIMIT, options->connection_limit, NULL},
      {MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_seconds, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->connection_memory, NULL},
      {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)options->request_completed, options->context},
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)options->connection_changed, options->context},
      {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)options->uri_seen, options->context},
      {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)&penstock_mhd_leave_escapes, NULL},
      {MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->per_client_connection_limit, NULL},
      // The TLS options must not be given without TLS, so the list ends here then.
      {options->tls_key == NULL ? MHD_OPTION_END : MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)PENSTOCK_MHD_TLS_PRIORITIES},
      {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->tls_key},
      {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->tls_certificate},
      {MHD_OPTION_END, 0, NULL},
  };
  unsigned int tls = options->tls_key == NULL ? 0 : MHD_USE_TLS;
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | tls, 0, NULL, NULL, options->access_handler, options->context,
      MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

/// The body is not chunked.
static inline void penstock_mhd_forbid_chunks(struct MHD_Response *response) {
  MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

/// The client's address, or NULL. Valid as long as the connection.
static inline const struct sockaddr *penstock_mhd_client_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

/// The connection's socket, or -1. MHD closes it after the CLOSED notification.
static inline int penstock_mhd_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

/// poll(2): the other side has ended. Swift's Glibc does not have it.
#ifdef POLLRDHUP
static const short penstock_poll_ended = POLLRDHUP;
#else
static const short penstock_poll_ended = 0x2000;
#endif

/// What the STARTED notification stored for this connection, or NULL.
static inline void *penstock_mhd_connection_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

struct penstock_mhd_log {
  char *text;
  size_t size;
};

/// Keeps the first message.
static inline void penstock_mhd_keep_log(void *context, const char *format, va_list arguments) {
  struct penstock_mhd_log *log = (struct penstock_mhd_log *)context;
  if (log->size > 0 && log->text[0] == '\0') vsnprintf(log->text, log->size, format, arguments);
}

/// Never called: the daemon of `penstock_mhd_check_tls` has no connections.
static inline enum MHD_Result penstock_mhd_refuse(
    void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *piece,
    size_t *size, void **slot) {
  (void)context, (void)connection, (void)url, (void)method, (void)version, (void)piece, (void)size, (void)slot;
  return MHD_NO;
}

/// 0 if the two PEM texts can be used; otherwise `text` says why not, in libmicrohttpd's words. They are tried on a daemon without
/// socket and threads: the real one gives no reason, and its log comes from all its threads.
static inline int penstock_mhd_check_tls(const char *key, const char *certificate, char *text, size_t size) {
  struct penstock_mhd_log log = {text, size};
  if (size > 0) text[0] = '\0';
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_TLS | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL, &penstock_mhd_refuse, NULL,
      MHD_OPTION_EXTERNAL_LOGGER, &penstock_mhd_keep_log, &log, MHD_OPTION_HTTPS_PRIORITIES, PENSTOCK_MHD_TLS_PRIORITIES,
      MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_CERT, certificate, MHD_OPTION_END);
  if (daemon == NULL) return -1;
  MHD_stop_daemon(daemon);
  return 0;
}
