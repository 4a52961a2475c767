#include "ccurl.h"

#include <dlfcn.h>

// The macros of curl.h check types through a variadic call of the same name.
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
  void *library;
  CURLcode (*global_init)(long);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *);
  void (*easy_reset)(CURL *);
  CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
  CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
  CURLcode (*easy_perform)(CURL *);
  const char *(*easy_strerror)(CURLcode);
  struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
  void (*slist_free_all)(struct curl_slist *);
} curl;

// The number of libcurl's binary interface, unchanged since 2006: Debian's package libcurl4 has it under this name.
static const char *const library_name = "libcurl.so.4";

const char *penstock_curl_load(void) {
  if (curl.library != NULL) return NULL;
  void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return dlerror();
  // POSIX lets the result of dlsym be written through a void pointer; ISO C has no cast for it.
  const struct { const char *name; void **place; } functions[] = {
      {"curl_global_init", (void **)&curl.global_init},
      {"curl_easy_init", (void **)&curl.easy_init},
      {"curl_easy_cleanup", (void **)&curl.easy_cleanup},
      {"curl_easy_reset", (void **)&curl.easy_reset},
      {"curl_easy_setopt", (void **)&curl.easy_setopt},
      {"curl_easy_getinfo", (void **)&curl.easy_getinfo},
      {"curl_easy_perform", (void **)&curl.easy_perform},
      {"curl_easy_strerror", (void **)&curl.easy_strerror},
      {"curl_slist_append", (void **)&curl.slist_append},
      {"curl_slist_free_all", (void **)&curl.slist_free_all},
  };
  for (size_t index = 0; index < sizeof functions / sizeof functions[0]; index++) {
    *functions[index].place = dlsym(library, functions[index].name);
    if (*functions[index].place == NULL) {
      dlclose(library);
      return "libcurl.so.4 lacks a function that is needed";
    }
  }
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    dlclose(library);
    return "libcurl.so.4 cannot be set up";
  }
  // It stays loaded until the process ends.
  curl.library = library;
  return NULL;
}

CURL *penstock_curl_new(void) { return curl.easy_init(); }
void penstock_curl_free(CURL *handle) { curl.easy_cleanup(handle); }
void penstock_curl_reset(CURL *handle) { curl.easy_reset(handle); }

CURLcode penstock_curl_set_text(CURL *handle, CURLoption option, const char *text) { return curl.easy_setopt(handle, option, text); }
CURLcode penstock_curl_set_number(CURL *handle, CURLoption option, long number) { return curl.easy_setopt(handle, option, number); }

CURLcode penstock_curl_set_headers(CURL *handle, struct curl_slist *headers) {
  return curl.easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

CURLcode penstock_curl_set_body(CURL *handle, const void *bytes, size_t count) {
  CURLcode code = curl.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes);
}

CURLcode penstock_curl_set_writer(CURL *handle, curl_write_callback writer, void *context) {
  CURLcode code = curl.easy_setopt(handle, CURLOPT_WRITEDATA, context);
  return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, writer);
}

struct curl_slist *penstock_curl_add_header(struct curl_slist *list, const char *line) { return curl.slist_append(list, line); }
void penstock_curl_free_headers(struct curl_slist *list) { curl.slist_free_all(list); }

CURLcode penstock_curl_perform(CURL *handle) { return curl.easy_perform(handle); }

long penstock_curl_status(CURL *handle) {
  long status = 0;
  return curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

const char *penstock_curl_content_type(CURL *handle) {
  char *type = NULL;
  return curl.easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK ? type : NULL;
}

const char *penstock_curl_describe(CURLcode code) { return curl.easy_strerror(code); }
