#pragma once

#include "platform/http/http_client.h"

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <string>

namespace lienthong::http {

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// What a transfer is watched by; lives as long as its handle, and the connections that keeps.
struct Watch {
  const std::atomic<bool>* stopping = nullptr;
  /// Shut when `stopping` is, because SMTP waits for an answer to its good-bye.
  curl_socket_t socket = CURL_SOCKET_BAD;
  bool guarded = false;  ///< Only public addresses may be connected to.
  bool refused = false;  ///< One was not.
};

/// A handle without options.
CurlHandle make_handle();
/// Sets what every transfer needs, and takes back all other options; connections stay: no signals, no proxy of the
/// environment, limits, and an end when `stopping` is.
void prepare(CURL* curl, const Limits& limits, Watch& watch);
/// Adds a line; the list may move.
void append(CurlList& list, const std::string& line);
Transfer transfer_of(CURLcode code);

}  // namespace lienthong::http
