#pragma once

#include "platform/base/instant.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::http {

/// How far a transfer came.
enum class Transfer : std::uint8_t {
  kDone,        ///< The other side has answered; what it says is in the answer.
  kNotBegun,    ///< No connection was made, so the other side knows nothing of it: unknown host, refused, no TLS.
  kNotTrusted,  ///< The other side could not prove who it is; nothing was said to it.
  kBrokenOff,   ///< It ended midway, by time-out or a lost line: the other side may have taken it.
  kRefused,     ///< Not tried: the address is one that must not be called, or the request has characters it may not have.
  kTooLarge,    ///< The answer is longer than allowed; broken off.
  kStopped,     ///< This process ends.
};

/// Which addresses may be called.
enum class Reach : std::uint8_t {
  kAny,     ///< Targets that an operator has set.
  kPublic,  ///< Targets that others name: https only, and no address that is loopback, private, link-local, multicast or
            ///< reserved, whatever name leads to it.
};

struct Limits {
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds timeout{15'000};
  std::size_t answer_bytes_max = 64 * 1024;
};

struct Request {
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// File of authorities to trust besides the system's; empty: the system's.
  std::string authorities;
  Reach reach = Reach::kAny;
  /// With `reach` kPublic: `host:port` of targets that may be called all the same.
  std::vector<std::string> listed;
  /// `host:port` to connect to instead of the url's own, which stays the name the other side must prove; empty: the url's.
  std::string reached_at;
  Limits limits;
};

struct Answer {
  Transfer transfer = Transfer::kNotBegun;
  int status = 0;
  std::string body;
  std::string detail;  ///< What went wrong, for logs; never part of a request or an answer.
  /// `Retry-After`, as seconds from now whichever form it had; zero: none, or a time that has passed.
  std::chrono::seconds retry_after{0};
};

/// Sends requests one after the other and keeps the connection between them as long as they go to the same place in the same
/// way. An address is looked at for each connection, hence not again for a request on one that was kept. One that the other
/// side has closed is opened again; a request that was lost with it may be sent twice. Thread-safety: one thread at a time.
class Client {
 public:
  Client();
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// Sends one request and waits for the answer. A redirect is an answer like others: it is never followed, since it may
  /// lead inward. Blocks at most `limits.timeout`, or until `stopping` is true.
  Answer send(const Request& request, const std::atomic<bool>& stopping);

 private:
  struct Kept;
  std::unique_ptr<Kept> kept_;
};

/// Sends one request by a connection of its own. Thread-safety: any thread; otherwise as Client::send.
Answer send(const Request& request, const std::atomic<bool>& stopping);

/// True for an IPv4 or IPv6 address, in text form, that is reachable from anywhere. Source: IANA special-purpose registries.
bool is_public_address(std::string_view address);

}  // namespace lienthong::http
