#pragma once
// libmicrohttpd for Swift. Its variadic functions cannot be called from Swift, so the few calls we need are spelled out here as
// `static inline`. Read by HTTPServer alone.
#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>
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
      {MHD_OPTION_END, 0, NULL},
  };
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, options->access_handler, options->context,
      MHD_OPTION_ARRAY, items, MHD_OPTION_END);
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

/// What the STARTED notification stored for this connection, or NULL.
static inline void *penstock_mhd_connection_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}
