#pragma once
// libcurl for Swift, loaded with dlopen when the first client verb needs it: linked, it would cost every start of the daemon 2-4 ms
// and 1.8 MiB, and the daemon never calls it. Its variadic functions are spelled out with the types they take. Read by
// ControlClient alone.
//
// Nothing here may be called before penstock_curl_load has returned NULL. One thread only.
#include <curl/curl.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// NULL when libcurl is there, else why not. Safe to repeat.
const char *_Nullable penstock_curl_load(void);

CURL *_Nullable penstock_curl_new(void);
void penstock_curl_free(CURL *_Nonnull handle);
/// All options as in a new one; open connections stay.
void penstock_curl_reset(CURL *_Nonnull handle);

CURLcode penstock_curl_set_text(CURL *_Nonnull handle, CURLoption option, const char *_Nonnull text);
CURLcode penstock_curl_set_number(CURL *_Nonnull handle, CURLoption option, long number);
/// The list must live until the handle is reset or freed.
CURLcode penstock_curl_set_headers(CURL *_Nonnull handle, struct curl_slist *_Nullable headers);
/// The body of a request. The bytes are copied.
CURLcode penstock_curl_set_body(CURL *_Nonnull handle, const void *_Nonnull bytes, size_t count);
/// `writer` gets the bytes of the answer; to take fewer than it was given ends the transfer.
CURLcode penstock_curl_set_writer(CURL *_Nonnull handle, curl_write_callback _Nonnull writer, void *_Nullable context);

/// Adds one line. NULL without memory; the list is as it was then.
struct curl_slist *_Nullable penstock_curl_add_header(struct curl_slist *_Nullable list, const char *_Nonnull line);
void penstock_curl_free_headers(struct curl_slist *_Nullable list);

CURLcode penstock_curl_perform(CURL *_Nonnull handle);
/// 0 before a status line came.
long penstock_curl_status(CURL *_Nonnull handle);
/// Valid until the next transfer of the handle; NULL without one.
const char *_Nullable penstock_curl_content_type(CURL *_Nonnull handle);
const char *_Nonnull penstock_curl_describe(CURLcode code);

#ifdef __cplusplus
}
#endif
