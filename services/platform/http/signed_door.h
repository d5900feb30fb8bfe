#pragma once

#include "platform/base/result.h"
#include "platform/http/signature.h"
#include "platform/ports/clock.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::http {

/// What came in, signed by the party of its entrance.
struct SignedMessage {
  std::string id;  ///< As the sender names it; empty where it does not.
  std::string body;
};

/// What the sender is told. Senders repeat what is not answered with 2xx, so that is what a message taken before gets too.
struct DoorAnswer {
  int status = 204;
  std::string body;  ///< JSON; names no person.
  /// With 429 and 503: when to try again; zero: not said.
  std::chrono::seconds retry_after{0};
};

/// One party that may send to one path.
struct Entrance {
  std::string path;  ///< Begins with a slash.
  SignatureForm form;
  /// File of its keys, read for each message, so that keys change without a restart; see read_signing_keys.
  std::string keys_file;
  /// Takes a message; may block, but ends soon once `stopping` is true. Called from several threads at once.
  std::function<DoorAnswer(const SignedMessage& message, const std::atomic<bool>& stopping)> take;
};

struct DoorSettings {
  std::string address;  ///< `host:port`, numeric IPv4; port 0 lets the system choose.
  /// PEM texts; both empty: in clear, for an address that only a TLS proxy or this machine reaches.
  std::string certificate;
  std::string private_key;
  std::size_t body_bytes_max = 256 * 1024;
  std::size_t connections_max = 64;
  /// A message must come and its sender must take the answer within this.
  std::chrono::seconds timeout{10};
  /// How far a sender's clock may be off, and how long a message can be repeated by one who only saw it.
  std::chrono::seconds window{300};
};

/// HTTP server for signed messages of other systems: receipts of providers, scans of carriers. Nothing is handed on whose
/// signature is not good; every body is bounded and so is every wait. Answers of its own: 401 with `SIGNATURE_MISSING`,
/// `SIGNATURE_WRONG` or `SIGNATURE_STALE`, 404, 405, 413, 503 with `KEYS_UNAVAILABLE` when the keys can't be read.
/// Thread-safety: any thread.
class SignedDoor {
 public:
  /// `clock` must outlive the result. Errors: kInvalidArgument, kUnavailable when the address is taken, naming the cure.
  static Result<std::unique_ptr<SignedDoor>> open(DoorSettings settings, std::vector<Entrance> entrances,
                                                  const ports::Clock& clock);
  /// Ends what is under way; no call of `take` runs afterwards.
  ~SignedDoor();
  SignedDoor(const SignedDoor&) = delete;
  SignedDoor& operator=(const SignedDoor&) = delete;
  int port() const;

 private:
  class State;
  explicit SignedDoor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lienthong::http
