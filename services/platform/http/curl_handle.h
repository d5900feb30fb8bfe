#pragma once

#include "platform/http/http_client.h"

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <string>

namespace lienthong::http {

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// What a transfer is watched by; lives as long as its handle.
struct Watch {
  const std::atomic<bool>& stopping;
  /// Shut when `stopping` is, because SMTP waits for an answer to its good-bye.
  curl_socket_t socket = CURL_SOCKET_BAD;
  bool guarded = false;  ///< Only public addresses may be connected to.
  bool refused = false;  ///< One was not.
};

/// A handle with what every transfer needs: no signals, no proxy of the environment, limits, and an end when `stopping` is.
CurlHandle make_handle(const Limits& limits, Watch& watch);
/// Adds a line; the list may move.
void append(CurlList& list, const std::string& line);
Transfer transfer_of(CURLcode code);

}  // namespace lienthong::http
