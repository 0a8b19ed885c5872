#pragma once
#include <curl/curl.h>
// Swift's Glibc module leaves these two out; libcurl's sockets are watched with them.
#include <sys/epoll.h>
#include <sys/eventfd.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, and Swift can't call variadic C functions.
// So there is one function here per type of argument that is passed to them, and nothing else. A wrong type would be
// read from the wrong register, so each is named for the type that the option's documentation asks for.

// Options that take a `long`: switches, milliseconds, counts.
static inline CURLcode switchboard_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

// Options that take a `curl_off_t`: those named ..._LARGE.
static inline CURLcode switchboard_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// Options that take a NUL-terminated string, which libcurl copies. NULL goes back to the default.
static inline CURLcode switchboard_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

// Options that take a pointer which libcurl keeps and hands back, or reads from later: ...DATA, PRIVATE, ERRORBUFFER,
// POSTFIELDS.
static inline CURLcode switchboard_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

// CURLOPT_HTTPHEADER, CURLOPT_MAIL_RCPT: libcurl keeps the list, it does not copy it.
static inline CURLcode switchboard_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION, which share a type.
static inline CURLcode switchboard_easy_set_write(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

// CURLOPT_READFUNCTION.
static inline CURLcode switchboard_easy_set_read(CURL *easy, curl_read_callback value) {
    return curl_easy_setopt(easy, CURLOPT_READFUNCTION, value);
}

// CURLOPT_XFERINFOFUNCTION.
static inline CURLcode switchboard_easy_set_xferinfo(CURL *easy, curl_xferinfo_callback value) {
    return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, value);
}

// CURLOPT_PREREQFUNCTION.
static inline CURLcode switchboard_easy_set_prereq(CURL *easy, curl_prereq_callback value) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}

// CURLOPT_OPENSOCKETFUNCTION.
static inline CURLcode switchboard_easy_set_opensocket(CURL *easy, curl_opensocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}

// CURLOPT_CLOSESOCKETFUNCTION.
static inline CURLcode switchboard_easy_set_closesocket(CURL *easy, curl_closesocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, value);
}

// Facts that come as a `long`: CURLINFO_RESPONSE_CODE.
static inline CURLcode switchboard_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

// CURLINFO_PRIVATE: what CURLOPT_PRIVATE was set to.
static inline CURLcode switchboard_easy_get_private(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)value);
}

// CURLINFO_TLS_SSL_PTR: whether the connection that the handle uses now is protected. The structure's own type is not
// for Swift: its pointer is OpenSSL's.
#include <stdbool.h>
static inline bool switchboard_easy_is_tls(CURL *easy) {
    struct curl_tlssessioninfo *session = NULL;
    return curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session && session->internals;
}

// Options of a multi handle that take a `long`.
static inline CURLMcode switchboard_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// CURLMOPT_SOCKETDATA and CURLMOPT_TIMERDATA.
static inline CURLMcode switchboard_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}

// CURLMOPT_SOCKETFUNCTION.
static inline CURLMcode switchboard_multi_set_socket(CURLM *multi, curl_socket_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}

// CURLMOPT_TIMERFUNCTION.
static inline CURLMcode switchboard_multi_set_timer(CURLM *multi, curl_multi_timer_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}

// CURLMsg holds its result in an anonymous union, which reads more plainly here than through an imported union.
static inline CURLcode switchboard_message_result(const CURLMsg *message) {
    return message->data.result;
}
